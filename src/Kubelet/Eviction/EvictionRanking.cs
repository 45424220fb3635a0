namespace NodeAgent.Kubelet.Eviction;

/// <summary>Which pod goes first when the node is short of something; upstream's order.</summary>
internal static class EvictionRanking
{
    /// <summary>Those that use more than they asked for come first, then those of low priority, then those that use most.</summary>
    public static IReadOnlyList<PodUse> Rank(string signal, IEnumerable<PodUse> pods) => signal switch
    {
        EvictionSignals.Memory => [.. pods
            .OrderByDescending(p => p.Memory > p.MemoryRequest)
            .ThenBy(p => p.Pod.Spec.Priority)
            .ThenByDescending(p => p.Memory - p.MemoryRequest)],
        EvictionSignals.Pids => [.. pods
            .OrderBy(p => p.Pod.Spec.Priority)
            .ThenByDescending(p => p.Processes)],
        EvictionSignals.NodeInodes or EvictionSignals.ImageInodes => [.. pods
            .OrderByDescending(p => p.Inodes > 0)
            .ThenBy(p => p.Pod.Spec.Priority)
            .ThenByDescending(p => p.Inodes)],
        _ => [.. pods
            .OrderByDescending(p => p.Disk > p.DiskRequest)
            .ThenBy(p => p.Pod.Spec.Priority)
            .ThenByDescending(p => p.Disk - p.DiskRequest)],
    };
}
