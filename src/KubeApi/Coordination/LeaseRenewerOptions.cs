namespace NodeAgent.KubeApi.Coordination;

/// <summary>A Lease that says "I am alive", such as a node's in <c>kube-node-lease</c>.</summary>
/// <param name="Holder">Who is alive: the node's name.</param>
public sealed record LeaseRenewerOptions(string Namespace, string Name, string Holder)
{
    public const string NodeLeaseNamespace = "kube-node-lease";

    /// <summary>What the control plane waits before it takes the holder for dead.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>From one renewal to the next: a quarter of the duration.</summary>
    public TimeSpan RenewInterval => Duration / 4;

    public static LeaseRenewerOptions ForNode(string nodeName) => new(NodeLeaseNamespace, nodeName, nodeName);
}
