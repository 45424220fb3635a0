using NodeAgent.KubeApi.Selectors;

namespace NodeAgent.Scheduler.Plugins.DefaultPreemption;

/// <summary>A PodDisruptionBudget of either version of the API.</summary>
/// <param name="Disrupted">Names of pods whose disruption has been counted already.</param>
internal sealed record DisruptionBudget(string Namespace, Selector Selector, int Allowed, IReadOnlySet<string> Disrupted);
