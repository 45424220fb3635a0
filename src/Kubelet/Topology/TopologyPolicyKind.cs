namespace NodeAgent.Kubelet.Topology;

/// <summary>How strictly resources have to lie together.</summary>
internal enum TopologyPolicyKind
{
    /// <summary>As near as possible; every pod is let in.</summary>
    BestEffort,

    /// <summary>On as few NUMA nodes as the request could be met with on an idle host; else the pod is refused.</summary>
    Restricted,

    /// <summary>On one NUMA node; else the pod is refused.</summary>
    SingleNumaNode,
}
