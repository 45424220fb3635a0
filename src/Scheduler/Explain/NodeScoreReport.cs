namespace NodeAgent.Scheduler.Explain;

/// <summary>How well a node suits the pod; ties are broken at random.</summary>
internal sealed record NodeScoreReport(string Node, long Total, IReadOnlyList<PluginScoreReport> Plugins);
