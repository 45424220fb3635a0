using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.Cpus;

/// <summary>
/// Takes CPUs in equal parts from as few NUMA nodes as can hold them, so that what is left is as even as possible: what upstream
/// does with distribute-cpus-across-numa.
/// </summary>
internal static class CpuSpreader
{
    /// <param name="group">How many CPUs are taken together: 1, or those of a core.</param>
    /// <returns>Null when there are not enough.</returns>
    public static CpuSet? Take(CpuLayout host, CpuSet available, int count, int group, CpuPolicyOptions options)
    {
        var free = host.Only(available);
        if (count <= 0 || count > free.Count || count % group != 0)
        {
            return CpuPicker.TakePacked(host, available, count, options);
        }

        var perNode = free.Places.GroupBy(c => c.Node).OrderBy(g => g.Count()).ThenBy(g => g.Key).ToDictionary(g => g.Key, g => g.Count());
        var groupsPerNode = (((host.Count - 1) / group) / host.Nodes) + 1;
        var groupsNeeded = ((count - 1) / group) + 1;
        var fewest = ((groupsNeeded - 1) / groupsPerNode) + 1;
        for (var size = fewest; size <= Math.Min(groupsNeeded, perNode.Count); size++)
        {
            if (Best(perNode, size, count, group) is { } plan)
            {
                return Carry(host, free, plan, count, group, options);
            }
        }

        return CpuPicker.TakePacked(host, available, count, options);
    }

    private sealed record Plan(IReadOnlyList<int> Nodes, IReadOnlyList<int> Remainder, double Balance);

    private static Plan? Best(Dictionary<int, int> perNode, int size, int count, int group)
    {
        Plan? best = null;
        foreach (var nodes in Combinations([.. perNode.Keys], size))
        {
            if (best is { Balance: 0 })
            {
                break;
            }

            var share = Share(count, size, group);
            if (nodes.Sum(n => perNode[n] / group) * group < count || nodes.Any(n => perNode[n] < share))
            {
                continue;
            }

            var after = new Dictionary<int, int>(perNode);
            foreach (var node in nodes)
            {
                after[node] -= share;
            }

            if (BestRemainder(nodes, after, count - (share * size), group) is var (remainder, balance) && (best is null || balance < best.Balance))
            {
                best = new Plan(nodes, remainder, balance);
            }
        }

        return best;
    }

    /// <summary>From which of the nodes the CPUs come that cannot be shared out evenly.</summary>
    private static (IReadOnlyList<int> Remainder, double Balance)? BestRemainder(IReadOnlyList<int> nodes, Dictionary<int, int> after, int remainder, int group)
    {
        if (remainder == 0)
        {
            return ([], Deviation(after.Values));
        }

        (IReadOnlyList<int> Remainder, double Balance)? best = null;
        var candidates = nodes.Where(n => after[n] >= group).ToList();
        for (var size = candidates.Count; size >= 1; size--)
        {
            foreach (var subset in Combinations(candidates, size).Where(s => s.Sum(n => after[n] / group * group) >= remainder))
            {
                var left = new Dictionary<int, int>(after);
                Deal(subset, remainder, group, n => left[n], n => left[n] -= group);
                var balance = Deviation(left.Values);
                if (best is null || balance < best.Value.Balance)
                {
                    best = (subset, balance);
                }
            }
        }

        return best;
    }

    private static CpuSet? Carry(CpuLayout host, CpuLayout free, Plan plan, int count, int group, CpuPolicyOptions options)
    {
        var share = Share(count, plan.Nodes.Count, group);
        var taken = CpuSet.Empty;
        foreach (var node in plan.Nodes)
        {
            Take(node, share);
        }

        Deal(plan.Remainder, count - (share * plan.Nodes.Count), group, n => Left(n).Count, n => Take(n, group));
        return taken.Count == count ? taken : null;

        CpuSet Left(int node) => free.Where(c => c.Node == node).Except(taken);

        void Take(int node, int number) => taken = taken.Union(CpuPicker.TakePacked(host, Left(node), number, options) ?? CpuSet.Empty);
    }

    /// <summary>Takes one group from each of the nodes in turn until all are dealt out.</summary>
    private static void Deal(IReadOnlyList<int> nodes, int remainder, int group, Func<int, int> left, Action<int> take)
    {
        while (remainder > 0)
        {
            foreach (var node in nodes.Where(n => remainder > 0 && left(n) >= group))
            {
                take(node);
                remainder -= group;
            }
        }
    }

    private static int Share(int count, int nodes, int group) => count / nodes / group * group;

    private static double Deviation(IReadOnlyCollection<int> values)
    {
        var mean = Math.Round(values.Average(), 3);
        return Math.Round(Math.Sqrt(values.Average(v => (v - mean) * (v - mean))), 3);
    }

    private static IEnumerable<IReadOnlyList<int>> Combinations(IReadOnlyList<int> items, int size, int from = 0)
    {
        if (size == 0)
        {
            yield return [];
            yield break;
        }

        for (var i = from; i <= items.Count - size; i++)
        {
            foreach (var rest in Combinations(items, size - 1, i + 1))
            {
                yield return [items[i], .. rest];
            }
        }
    }
}
