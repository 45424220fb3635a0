using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.DefaultPreemption;

/// <summary>A node that would take the pod if these pods left.</summary>
/// <param name="Victims">The most important first.</param>
/// <param name="Violations">How many of them a disruption budget protects.</param>
internal sealed record Candidate(int Slot, IReadOnlyList<PodInfo> Victims, int Violations);
