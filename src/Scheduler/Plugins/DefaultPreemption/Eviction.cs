namespace NodeAgent.Scheduler.Plugins.DefaultPreemption;

/// <summary>Pods that were told to leave a node for another one.</summary>
/// <param name="Victims">Their UIDs.</param>
/// <param name="Started">By the time provider's timestamps.</param>
internal sealed record Eviction(string NodeName, IReadOnlySet<string> Victims, long Started);
