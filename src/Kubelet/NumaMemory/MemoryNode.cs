using System.Collections.Immutable;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.NumaMemory;

/// <summary>One NUMA node with what is taken of it.</summary>
/// <param name="Assignments">How many blocks lie on it.</param>
/// <param name="Group">The nodes whose memory is given out together with its own; only itself while it stands alone.</param>
internal sealed record MemoryNode(int Assignments, NumaMask Group, ImmutableSortedDictionary<string, MemoryTable> Tables)
{
    public long Allocatable(string type) => Tables.GetValueOrDefault(type)?.Allocatable ?? 0;

    public long Free(string type) => Tables.GetValueOrDefault(type)?.Free ?? 0;
}
