namespace NodeAgent.Scheduler.Explain;

/// <summary>Where pods would go now. Nothing was bound.</summary>
/// <param name="Wanted">How many pods were asked for.</param>
/// <param name="Placed">How many found a node, each beside those before it.</param>
/// <param name="Nodes">The nodes with how many of them, most first.</param>
/// <param name="Message">Why not all were placed; null when all were.</param>
/// <param name="Explanation">Of the pod, when one was asked for; else of the first that found no node, beside those that did.</param>
internal sealed record SimulationReport(int Wanted, int Placed, IReadOnlyDictionary<string, int> Nodes, string? Message, Explanation? Explanation);
