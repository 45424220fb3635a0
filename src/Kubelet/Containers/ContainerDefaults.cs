namespace NodeAgent.Kubelet.Containers;

/// <summary>What of the node and its configuration goes into every container.</summary>
/// <param name="MemoryCapacity">Of the node, in bytes.</param>
/// <param name="CpuPeriod">In microseconds; null when CPU limits are not enforced.</param>
internal sealed record ContainerDefaults(SecurityDefaults Security, long MemoryCapacity, long? CpuPeriod)
{
    /// <summary>Swap, and where the kernel slows containers down.</summary>
    public MemoryTuning? Memory { get; init; }
}
