using NodeAgent.Kubelet.Pods.Statuses;

namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>That a pod is to be ended. Requests add up: the shorter grace period wins, and the first reason stays.</summary>
/// <param name="Grace">Null for the pod's own.</param>
/// <param name="Rejected">The pod was never let in: nothing of it has run.</param>
/// <param name="Verdict">When the node ends the pod: what its status says then.</param>
internal sealed record KillRequest(TimeSpan? Grace, Verdict? Verdict = null, PodCondition? Disruption = null, bool Rejected = false)
{
    public KillRequest Join(KillRequest other) => new(
        Grace is { } mine && other.Grace is { } theirs ? (mine < theirs ? mine : theirs) : Grace ?? other.Grace,
        Verdict ?? other.Verdict,
        Disruption ?? other.Disruption,
        Rejected || other.Rejected);
}
