namespace NodeAgent.Scheduler.Explain;

/// <summary>One plugin's objection to one node.</summary>
/// <param name="Code">Unschedulable, or UnschedulableAndUnresolvable where removing pods would not help.</param>
/// <param name="Details">What is short by how much, where that can be said.</param>
internal sealed record RefusalReport(string Plugin, string Code, string Reason, IReadOnlyList<string> Details);
