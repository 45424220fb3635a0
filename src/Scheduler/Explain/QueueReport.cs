namespace NodeAgent.Scheduler.Explain;

/// <summary>Where a pod without a node waits.</summary>
/// <param name="Place">active, backoff, unschedulable, gated or in flight.</param>
/// <param name="BackoffEnds">Before that it is not tried; null when that is no matter.</param>
internal sealed record QueueReport(string Place, int Attempts, DateTimeOffset Since, DateTimeOffset? BackoffEnds, string? NominatedNode, IReadOnlyCollection<string> RejectedBy, IReadOnlyCollection<string> PendingOn);
