using NodeAgent.Hosting.Config;

namespace NodeAgent.Kubelet.Config;

/// <summary>Memory of one NUMA node that is for the system and the kubelet.</summary>
internal sealed class KubeletMemoryReservation
{
    public int NumaNode { get; set; }

    public Dictionary<string, ConfigQuantity> Limits { get; set; } = [];
}
