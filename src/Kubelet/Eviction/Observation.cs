namespace NodeAgent.Kubelet.Eviction;

/// <summary>How much of a signal there is, in bytes or in pieces.</summary>
internal readonly record struct Observation(long Available, long Capacity);
