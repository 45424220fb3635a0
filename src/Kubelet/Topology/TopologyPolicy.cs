namespace NodeAgent.Kubelet.Topology;

/// <summary>Finds the NUMA nodes on which everything that a container asks for can be had, by upstream's rules.</summary>
/// <param name="preferClosest">Of equally narrow sets take the one whose nodes are nearer to each other (prefer-closest-numa-nodes).</param>
internal sealed class TopologyPolicy(TopologyPolicyKind kind, TopologyScope scope, NumaNodes nodes, bool preferClosest)
{
    public TopologyPolicyKind Kind => kind;

    public TopologyScope Scope => scope;

    /// <param name="providers">The hints of each provider by resource.</param>
    public (NumaHint Hint, bool Admit) Merge(IReadOnlyList<IReadOnlyDictionary<string, IReadOnlyList<NumaHint>?>> providers)
    {
        var hints = providers.SelectMany(Flatten).ToList();
        if (kind == TopologyPolicyKind.SingleNumaNode)
        {
            hints = [.. hints.Select(list => (IReadOnlyList<NumaHint>)[.. list.Where(h => h.Preferred && h.Affinity is null or { Count: 1 })])];
        }

        var best = Best(hints);
        if (kind == TopologyPolicyKind.SingleNumaNode && best.Affinity == nodes.All)
        {
            best = best with { Affinity = null };
        }

        return (best, kind == TopologyPolicyKind.BestEffort || best.Preferred);
    }

    private static IEnumerable<IReadOnlyList<NumaHint>> Flatten(IReadOnlyDictionary<string, IReadOnlyList<NumaHint>?> provider) => provider.Count == 0
        ? [[new NumaHint(null, true)]]
        : provider.OrderBy(h => h.Key, StringComparer.Ordinal).Select(h => h.Value switch
        {
            null => [new NumaHint(null, true)],
            [] => [new NumaHint(null, false)],
            var some => some,
        });

    private NumaHint Best(List<IReadOnlyList<NumaHint>> hints)
    {
        // Of answers that nobody prefers, the one that comes nearest to what the most demanding resource needs.
        var goal = hints.Select(list => list.Where(h => h.Affinity is not null).Select(h => h.Affinity!.Value.Count).DefaultIfEmpty(0).Min()).DefaultIfEmpty(0).Max();
        (NumaMask Mask, bool Preferred)? best = null;
        Walk(hints, 0, nodes.All, null, preferred: true, (mask, preferred) =>
        {
            if (mask.Count > 0 && (best is not { } current || IsBetter((mask, preferred), current, goal)))
            {
                best = (mask, preferred);
            }
        });
        return best is { } found ? new NumaHint(found.Mask, found.Preferred) : new NumaHint(nodes.All, false);
    }

    /// <summary>Takes one hint of each list, in every combination.</summary>
    /// <param name="first">The first affinity of the combination: it is preferred only when all are the same.</param>
    private static void Walk(List<IReadOnlyList<NumaHint>> hints, int index, NumaMask merged, NumaMask? first, bool preferred, Action<NumaMask, bool> found)
    {
        if (index == hints.Count)
        {
            found(merged, preferred);
            return;
        }

        foreach (var hint in hints[index])
        {
            var same = hint.Affinity is not { } own || first is null || own == first;
            Walk(hints, index + 1, hint.Affinity is { } affinity ? merged.And(affinity) : merged, first ?? hint.Affinity, preferred && hint.Preferred && same, found);
        }
    }

    private bool IsBetter((NumaMask Mask, bool Preferred) candidate, (NumaMask Mask, bool Preferred) current, int goal)
    {
        if (candidate.Preferred != current.Preferred)
        {
            return candidate.Preferred;
        }

        var (has, would) = (current.Mask.Count, candidate.Mask.Count);
        if (candidate.Preferred || has > goal || (has == goal && would == goal))
        {
            return IsFitter(candidate.Mask, current.Mask);
        }

        if (has == goal || would > goal)
        {
            return false;
        }

        return would == goal || would > has || (would == has && IsFitter(candidate.Mask, current.Mask));
    }

    private bool IsFitter(NumaMask candidate, NumaMask current)
    {
        if (candidate == current)
        {
            return false;
        }

        var best = preferClosest && kind != TopologyPolicyKind.SingleNumaNode ? nodes.Closest(current, candidate) : NumaNodes.Narrowest(current, candidate);
        return best != current;
    }
}
