namespace NodeAgent.Scheduler.Explain;

/// <summary>A pod that waits, in the list of those.</summary>
/// <param name="Message">Of its last attempt; null before the first.</param>
internal sealed record PendingReport(string Namespace, string Name, int Attempts, string? Message);
