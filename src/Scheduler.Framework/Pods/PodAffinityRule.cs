namespace NodeAgent.Scheduler.Framework.Pods;

/// <summary>A term of pod affinity or anti-affinity, ready to be matched.</summary>
/// <param name="Weight">Of a preferred term; zero for a required one.</param>
public sealed record PodAffinityRule(PodMatcher Matcher, string TopologyKey, int Weight);
