namespace NodeAgent.Proxy.Config;

/// <summary>How traffic of this node's pods is told from other traffic.</summary>
internal enum DetectLocalMode
{
    ClusterCIDR,
    NodeCIDR,
    BridgeInterface,
    InterfaceNamePrefix,
}
