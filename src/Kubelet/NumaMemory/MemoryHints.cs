using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.NumaMemory;

/// <summary>On which NUMA nodes a request for memory can be met. Nodes that serve single-node containers never become part of a group, and a group serves nobody else.</summary>
internal static class MemoryHints
{
    /// <param name="request">Bytes by kind of memory.</param>
    /// <param name="reusable">Bytes that the pod's init containers leave behind on exactly these nodes.</param>
    public static IReadOnlyList<NumaHint> For(MemoryState state, IReadOnlyDictionary<string, long> request, Func<NumaMask, string, long> reusable)
    {
        var nodes = state.Nodes;
        var narrowest = nodes.Count;
        List<NumaMask> possible = [];
        foreach (var mask in NumaMask.Combinations([.. nodes.Keys]))
        {
            if (request.Any(r => mask.Nodes.Sum(n => nodes[n].Allocatable(r.Key)) < r.Value))
            {
                continue;
            }

            narrowest = Math.Min(narrowest, mask.Count);
            if (FitsGroups(state, mask) && request.All(r => mask.Nodes.Sum(n => nodes[n].Free(r.Key)) + reusable(mask, r.Key) >= r.Value))
            {
                possible.Add(mask);
            }
        }

        return [.. possible.Select(m => new NumaHint(m, m.Count == narrowest))];
    }

    /// <summary>Whether what lies on these nodes already allows that they are used together.</summary>
    public static bool FitsGroups(MemoryState state, NumaMask mask) => mask.Count == 1
        ? mask.Nodes.All(n => state.Nodes[n].Group.Count == 1)
        : mask.Nodes.All(n => state.Nodes[n] is var node && (node.Assignments == 0 || node.Group == mask));

    public static bool HasFree(MemoryState state, NumaMask mask, IReadOnlyDictionary<string, long> request) =>
        request.All(r => mask.Nodes.Sum(n => state.Nodes[n].Free(r.Key)) >= r.Value);

    /// <summary>The preferred one, and of equal ones the narrowest; null when there is none.</summary>
    public static NumaHint? Best(IEnumerable<NumaHint> hints)
    {
        NumaHint? best = null;
        foreach (var hint in hints)
        {
            if (best is not { } current || (hint.Preferred && !current.Preferred) || (hint.Preferred == current.Preferred && hint.Affinity!.Value.IsNarrowerThan(current.Affinity!.Value)))
            {
                best = hint;
            }
        }

        return best;
    }
}
