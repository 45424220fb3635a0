namespace NodeAgent.Scheduler.Plugins.InterPodAffinity;

/// <summary>Where the pods are that PreFilter has looked for.</summary>
/// <param name="Existing">Domains that pods there keep this pod away from.</param>
/// <param name="Affinity">By required affinity term of the pod: where the pods are that it wants to be with.</param>
/// <param name="AntiAffinity">By required anti-affinity term of the pod: where the pods are that it avoids.</param>
/// <param name="MatchesItself">The pod is one of those that it wants to be with, so it may be the first.</param>
internal sealed record AffinityState(IReadOnlyList<DomainSet> Existing, IReadOnlyList<DomainSet> Affinity, IReadOnlyList<DomainSet> AntiAffinity, bool MatchesItself);
