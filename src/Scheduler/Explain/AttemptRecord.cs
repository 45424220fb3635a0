namespace NodeAgent.Scheduler.Explain;

/// <summary>What is kept of one attempt: the outcome, not the detail, which is worked out when somebody asks.</summary>
/// <param name="At">When it ended.</param>
/// <param name="Number">Of the pod's attempts, from 1.</param>
/// <param name="Result">scheduled, unschedulable or error, as in the metrics.</param>
/// <param name="Took">From leaving the queue to the end, binding included.</param>
/// <param name="Node">The node that was chosen, or nominated after preemption; null for none.</param>
/// <param name="Message">Why it failed, as in the FailedScheduling event; null when it did not.</param>
/// <param name="RejectedBy">The plugins that refused.</param>
internal sealed record AttemptRecord(DateTimeOffset At, int Number, string Result, TimeSpan Took, string? Node, string? Message, IReadOnlyCollection<string> RejectedBy);
