namespace NodeAgent.Proxy.Iptables;

/// <summary>The two implementations of iptables keep their rules apart in the kernel, so all of a node's must use one.</summary>
internal enum IptablesFlavour
{
    /// <summary>The <c>iptables</c> of the host, whichever it is.</summary>
    Default,
    Nft,
    Legacy,
}
