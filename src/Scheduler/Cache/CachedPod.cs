using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Cache;

/// <summary>A pod that counts on a node.</summary>
/// <param name="IsAssumed">The scheduler put it there; the API server has not said so yet.</param>
internal sealed record CachedPod(PodInfo Pod, int Slot, string NodeName, bool IsAssumed);
