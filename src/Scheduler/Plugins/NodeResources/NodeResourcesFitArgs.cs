namespace NodeAgent.Scheduler.Plugins.NodeResources;

/// <summary>The pluginConfig of NodeResourcesFit.</summary>
internal sealed record NodeResourcesFitArgs
{
    public IReadOnlyList<string> IgnoredResources { get; init; } = [];

    public IReadOnlyList<string> IgnoredResourceGroups { get; init; } = [];

    public ScoringStrategy ScoringStrategy { get; init; } = new();
}
