namespace NodeAgent.Kubelet.Eviction;

/// <summary>Below which amount of a signal pods are evicted.</summary>
/// <param name="Grace">How long it has to be so; zero for a hard threshold, which acts at once.</param>
/// <param name="MinimumReclaim">How much more has to be free again before it is over.</param>
internal sealed record EvictionThreshold(string Signal, EvictionAmount Amount, TimeSpan Grace, EvictionAmount? MinimumReclaim)
{
    public bool IsHard => Grace == TimeSpan.Zero;

    /// <param name="withReclaim">Whether the minimum to reclaim has to be free as well.</param>
    public bool IsMet(IReadOnlyDictionary<string, Observation> observations, bool withReclaim) =>
        observations.TryGetValue(Signal, out var seen)
        && seen.Available < Amount.Of(seen.Capacity) + (withReclaim && MinimumReclaim is { } more ? more.Of(seen.Capacity) : 0);
}
