namespace NodeAgent.Scheduler.Plugins.DefaultPreemption;

/// <summary>What preemption would do.</summary>
/// <param name="WhyNot">Why it does nothing; null when it would make room.</param>
/// <param name="Candidates">The nodes that were found to become free enough.</param>
/// <param name="Best">The one of them that would be taken.</param>
/// <param name="MayTry">False when the pod may not preempt at all.</param>
internal sealed record PreemptionPreview(string? WhyNot, IReadOnlyList<Candidate> Candidates, Candidate? Best, bool MayTry);
