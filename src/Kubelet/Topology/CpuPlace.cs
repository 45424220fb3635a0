namespace NodeAgent.Kubelet.Topology;

/// <summary>Where a logical CPU is in the machine.</summary>
/// <param name="Core">The lowest number of the CPUs that share its core: unique over the machine.</param>
/// <param name="Cache">Which group of CPUs shares the last-level cache with it.</param>
internal readonly record struct CpuPlace(int Id, int Core, int Socket, int Node, int Cache);
