namespace NodeAgent.Scheduler.Explain;

/// <summary>How many nodes have one objection as their first.</summary>
internal sealed record ReasonReport(string Plugin, string Reason, int Nodes);
