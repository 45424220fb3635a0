using System.Collections.Immutable;

namespace NodeAgent.Kubelet.Eviction;

/// <summary>
/// What the node is short of, over time. Pure: one look at the node gives the next state.
/// </summary>
/// <param name="FirstSeen">Since when each threshold has been met without a break.</param>
/// <param name="LastPressure">When each node condition last had a reason.</param>
/// <param name="Acting">Thresholds that have been met for their whole grace period: they stay until their minimum is reclaimed.</param>
/// <param name="Conditions">The node conditions that are True now.</param>
internal sealed record PressureState(
    ImmutableDictionary<EvictionThreshold, DateTimeOffset> FirstSeen,
    ImmutableDictionary<string, DateTimeOffset> LastPressure,
    ImmutableArray<EvictionThreshold> Acting,
    ImmutableSortedSet<string> Conditions)
{
    public static readonly PressureState None = new(
        ImmutableDictionary<EvictionThreshold, DateTimeOffset>.Empty,
        ImmutableDictionary<string, DateTimeOffset>.Empty,
        [],
        []);

    /// <param name="transition">How long a condition stays True after its reason is gone, so that it does not flap.</param>
    public PressureState Next(IReadOnlyList<EvictionThreshold> thresholds, IReadOnlyDictionary<string, Observation> observations, TimeSpan transition, DateTimeOffset now)
    {
        var met = thresholds.Where(t => t.IsMet(observations, withReclaim: false))
            .Concat(Acting.Where(t => t.IsMet(observations, withReclaim: true)))
            .Distinct()
            .ToList();
        var firstSeen = met.ToImmutableDictionary(t => t, t => FirstSeen.TryGetValue(t, out var since) ? since : now);
        var lastPressure = met.Select(t => EvictionSignals.ConditionOf(t.Signal)).Distinct().Aggregate(LastPressure, (all, condition) => all.SetItem(condition, now));
        return new PressureState(
            firstSeen,
            lastPressure,
            [.. firstSeen.Where(f => now - f.Value >= f.Key.Grace).Select(f => f.Key).OrderBy(Order)],
            [.. lastPressure.Where(p => now == p.Value || now - p.Value < transition).Select(p => p.Key)]);
    }

    /// <summary>Memory first: a host without memory answers nobody.</summary>
    private static int Order(EvictionThreshold threshold) => threshold.Signal == EvictionSignals.Memory ? -1 : EvictionSignals.All.Index().First(s => s.Item == threshold.Signal).Index;
}
