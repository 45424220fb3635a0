namespace NodeAgent.Scheduler.Explain;

/// <summary>A node on which the pod would fit if these pods went.</summary>
/// <param name="Violations">How many of the victims a disruption budget protects.</param>
internal sealed record CandidateReport(string Node, IReadOnlyList<string> Victims, int Violations, bool IsBest);
