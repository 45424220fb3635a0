namespace NodeAgent.Scheduler.Explain;

/// <summary>Whether ending pods of lower priority would make room.</summary>
internal sealed record PreemptionReport(string Verdict, IReadOnlyList<CandidateReport> Candidates);
