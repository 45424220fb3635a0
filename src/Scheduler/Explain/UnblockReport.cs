namespace NodeAgent.Scheduler.Explain;

/// <summary>What would make the scheduler try the pod again that this plugin refused.</summary>
internal sealed record UnblockReport(string Plugin, IReadOnlyList<string> When);
