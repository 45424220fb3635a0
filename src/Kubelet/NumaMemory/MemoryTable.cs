namespace NodeAgent.Kubelet.NumaMemory;

/// <summary>Memory of one kind on one NUMA node, in bytes.</summary>
/// <param name="SystemReserved">What no container gets.</param>
/// <param name="Reserved">What containers have.</param>
internal sealed record MemoryTable(long Total, long SystemReserved, long Allocatable, long Reserved)
{
    public long Free => Allocatable - Reserved;
}
