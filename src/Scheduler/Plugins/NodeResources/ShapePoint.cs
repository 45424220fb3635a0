namespace NodeAgent.Scheduler.Plugins.NodeResources;

/// <param name="Utilization">In percent.</param>
/// <param name="Score">From 0 to 10.</param>
internal sealed record ShapePoint(int Utilization, int Score);
