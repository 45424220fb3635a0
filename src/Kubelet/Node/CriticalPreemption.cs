using System.Collections.Immutable;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Node;

/// <summary>
/// Which pods end so that a critical one fits: best-effort before burstable before guaranteed ones, as few as possible, and
/// of equal ones those that ask for least. As upstream's kubelet chooses.
/// </summary>
internal static class CriticalPreemption
{
    /// <param name="unmet">When there is no such set: what cannot be freed, in upstream's words.</param>
    /// <returns>Null when ending every pod that may be ended is not enough.</returns>
    public static ImmutableArray<Pod>? Choose(Pod critical, IEnumerable<Pod> active, IReadOnlyList<Shortage> shortages, out string unmet)
    {
        var needs = shortages.Select(s => new Need(s.Resource, s.Missing)).ToList();
        var byClass = active.Where(p => IsPreemptable(critical, p)).ToLookup(PodQos.Of);
        List<Pod> bestEffort = [.. byClass[PodQos.BestEffort]];
        List<Pod> burstable = [.. byClass[PodQos.Burstable]];
        List<Pod> guaranteed = [.. byClass[PodQos.Guaranteed]];
        var left = Without(needs, [.. bestEffort, .. burstable, .. guaranteed]);
        unmet = $"[{string.Concat(left.Select(n => $"(res: {n.Resource}, q: {n.Amount}), "))}]";
        if (left.Count > 0)
        {
            return null;
        }

        var fromGuaranteed = Nearest(guaranteed, Without(needs, [.. bestEffort, .. burstable]));
        var fromBurstable = Nearest(burstable, Without(needs, [.. bestEffort, .. fromGuaranteed]));
        var fromBestEffort = Nearest(bestEffort, Without(needs, [.. fromBurstable, .. fromGuaranteed]));
        return [.. fromBestEffort, .. fromBurstable, .. fromGuaranteed];
    }

    private static bool IsPreemptable(Pod critical, Pod other) =>
        (critical.IsCritical() && !other.IsCritical()) || (critical.Spec.HasPriority && other.Spec.HasPriority && critical.Spec.Priority > other.Spec.Priority);

    /// <summary>Takes the pod that comes nearest to what is still needed, until nothing is.</summary>
    private static List<Pod> Nearest(List<Pod> pods, List<Need> needs)
    {
        List<Pod> chosen = [];
        var rest = pods.ToList();
        while (needs.Count > 0 && rest.Count > 0)
        {
            var left = needs;
            var best = rest.OrderBy(p => Distance(p, left)).ThenBy(p => Asked(p, ResourceAmounts.Memory)).ThenBy(p => Asked(p, ResourceAmounts.Cpu)).First();
            needs = Without(needs, [best]);
            chosen.Add(best);
            rest.Remove(best);
        }

        return chosen;
    }

    private static double Distance(Pod pod, List<Need> needs) => needs.Sum(n =>
    {
        var remaining = n.Amount - Asked(pod, n.Resource);
        return remaining > 0 ? Math.Pow((double)remaining / n.Amount, 2) : 0;
    });

    private static List<Need> Without(List<Need> needs, IReadOnlyCollection<Pod> gone) =>
        [.. needs.Select(n => n with { Amount = n.Amount - gone.Sum(p => Asked(p, n.Resource)) }).Where(n => n.Amount > 0)];

    private static long Asked(Pod pod, string resource) => resource == "pods" ? 1 : PodResourceSums.Requests(pod).GetValueOrDefault(resource);

    private readonly record struct Need(string Resource, long Amount);
}
