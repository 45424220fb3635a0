using NodeAgent.Scheduler.Cache;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Explain;

/// <summary>Scores with every step on the way shown.</summary>
internal static class ScoreSheet
{
    /// <summary>The best nodes first.</summary>
    /// <exception cref="PluginFailedException">A plugin failed.</exception>
    public static IReadOnlyList<NodeScoreReport> Of(Profile profile, NodeTable nodes, PodInfo pod, CycleState state, NodeSet feasible, int wanted)
    {
        var slots = new int[feasible.Count];
        feasible.CopyTo(slots);
        var columns = new List<(WeightedScore Plugin, long[] Raw, long[] Normalized)>();
        var skipped = Skipped(profile, nodes, pod, state, feasible);
        foreach (var scored in profile.Score.Where(s => !skipped.Contains(s.Plugin.Name)))
        {
            var raw = new long[slots.Length];
            Check(scored, Guard.Call(scored.Plugin, () => scored.Plugin.Score(state, pod, nodes, slots, raw)));
            var normalized = (long[])raw.Clone();
            Check(scored, Guard.Call(scored.Plugin, () => scored.Plugin.Normalize(state, pod, nodes, slots, normalized)));
            columns.Add((scored, raw, normalized));
        }

        return [.. Enumerable.Range(0, slots.Length)
            .Select(i => (Index: i, Total: columns.Sum(c => c.Normalized[i] * c.Plugin.Weight)))
            .OrderByDescending(n => n.Total)
            .ThenBy(n => nodes[slots[n.Index]].Name, StringComparer.Ordinal)
            .Take(wanted)
            .Select(n => new NodeScoreReport(nodes[slots[n.Index]].Name, n.Total, [.. columns.Select(c => new PluginScoreReport(
                c.Plugin.Plugin.Name, c.Raw[n.Index], c.Normalized[n.Index], c.Plugin.Weight, c.Normalized[n.Index] * c.Plugin.Weight))]))];
    }

    private static HashSet<string> Skipped(Profile profile, NodeTable nodes, PodInfo pod, CycleState state, NodeSet feasible)
    {
        var skipped = new HashSet<string>(StringComparer.Ordinal);
        foreach (var plugin in profile.PreScore)
        {
            var status = Guard.Call(plugin, () => plugin.PreScore(state, pod, nodes, feasible));
            if (status.IsSkip)
            {
                skipped.Add(plugin.Name);
            }
            else if (!status.IsSuccess)
            {
                throw new PluginFailedException(status);
            }
        }

        return skipped;
    }

    private static void Check(WeightedScore scored, Status status)
    {
        if (!status.IsSuccess)
        {
            throw new PluginFailedException(status.WithPlugin(scored.Plugin.Name));
        }
    }
}
