namespace NodeAgent.Scheduler.Explain;

/// <summary>Why a node does not take the pod.</summary>
/// <param name="RefusedBy">The first is what an attempt reports: it asks no further. The others are what would be in the way next.</param>
internal sealed record NodeReport(string Node, IReadOnlyList<RefusalReport> RefusedBy);
