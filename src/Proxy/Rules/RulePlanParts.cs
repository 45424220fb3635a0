namespace NodeAgent.Proxy.Rules;

/// <summary>Cuts large plans into several, none of which refers to what a later one brings.</summary>
/// <remarks>
/// iptables-nft-restore keeps the names of an input's chains in a sorted list that it walks for every line, so one input with
/// 16,000 chains takes five times as long as the same chains in inputs of some hundred each. Packets see each Service
/// complete at every moment: chains come before what jumps to them, and go after it.
/// </remarks>
internal static class RulePlanParts
{
    public static IEnumerable<RulePlan> Of(RulePlan plan, int maxChains)
    {
        if (plan.Write.Count + plan.Delete.Count <= maxChains)
        {
            return [plan];
        }

        return SplitLarge(plan, maxChains);
    }

    private static IEnumerable<RulePlan> SplitLarge(RulePlan plan, int maxChains)
    {
        var writes = plan.Write
            .OrderBy(c => c.Id.Table)
            .ThenBy(c => ChainNames.Level(c.Id.Name))
            .ThenByDescending(c => c.Id.Name.Length)
            .Chunk(maxChains)
            .ToList();
        for (var i = 0; i < writes.Count; i++)
        {
            var last = i == writes.Count - 1;
            yield return new RulePlan(writes[i], [], last ? plan.Create : [], last ? plan.Shared : []);
        }

        var deletes = plan.Delete
            .OrderBy(c => c.Table)
            .ThenByDescending(c => ChainNames.Level(c.Name))
            .ThenBy(c => c.Name.Length)
            .Chunk(maxChains)
            .ToList();
        if (writes.Count == 0)
        {
            yield return new RulePlan([], [], plan.Create, plan.Shared);
        }

        foreach (var part in deletes)
        {
            yield return new RulePlan([], part, [], []);
        }
    }
}
