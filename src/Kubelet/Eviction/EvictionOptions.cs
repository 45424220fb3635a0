namespace NodeAgent.Kubelet.Eviction;

/// <param name="Transition">How long a node condition stays after its reason is gone.</param>
/// <param name="LongestSoftGrace">The most that a pod gets to end when a soft threshold is met.</param>
internal sealed record EvictionOptions(IReadOnlyList<EvictionThreshold> Thresholds, TimeSpan Transition, TimeSpan LongestSoftGrace);
