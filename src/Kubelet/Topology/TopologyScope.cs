namespace NodeAgent.Kubelet.Topology;

/// <summary>Whose resources have to lie together: those of each container, or those of the whole pod.</summary>
internal enum TopologyScope
{
    Container,
    Pod,
}
