using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.NumaMemory;

/// <summary>Memory of one kind on a set of NUMA nodes.</summary>
/// <param name="Type">memory, or hugepages-2Mi and the like.</param>
/// <param name="Size">In bytes. Of an init container: what no container after it has taken over.</param>
internal sealed record MemoryBlock(NumaMask Nodes, string Type, long Size);
