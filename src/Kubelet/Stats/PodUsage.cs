namespace NodeAgent.Kubelet.Stats;

/// <summary>What one pod uses.</summary>
/// <param name="Sample">Of the pod's own cgroup; null when the kubelet keeps none for it.</param>
internal sealed record PodUsage(Pod Pod, string Cgroup, CgroupSample? Sample, ulong? NanoCores)
{
    public IReadOnlyList<ContainerUsage> Containers { get; init; } = [];

    /// <summary>Empty for pods in the host's network: the numbers would be the node's.</summary>
    public IReadOnlyList<InterfaceCounters> Network { get; init; } = [];

    public ContainerUsage? Sandbox { get; init; }

    public PodDisk? Disk { get; init; }
}
