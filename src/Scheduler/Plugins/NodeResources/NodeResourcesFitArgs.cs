namespace NodeAgent.Scheduler.Plugins.NodeResources;

/// <summary>The pluginConfig of NodeResourcesFit.</summary>
internal sealed record NodeResourcesFitArgs : IPluginArgs
{
    public IReadOnlyList<string> IgnoredResources { get; init; } = [];

    public IReadOnlyList<string> IgnoredResourceGroups { get; init; } = [];

    public ScoringStrategy ScoringStrategy { get; init; } = new();

    /// <summary>Everything that is wrong.</summary>
    public IEnumerable<string> Validate()
    {
        foreach (var group in IgnoredResourceGroups.Where(g => g.Contains('/')))
        {
            yield return $"ignoredResourceGroups: \"{group}\" must not contain a slash";
        }

        foreach (var resource in ScoringStrategy.Resources.Where(r => r.Weight is < 1 or > 100 || r.Name.Length == 0))
        {
            yield return $"scoringStrategy.resources: \"{resource.Name}\" with weight {resource.Weight}: a name and a weight from 1 to 100 are wanted";
        }

        if (ScoringStrategy.Type != ScoringStrategyType.RequestedToCapacityRatio)
        {
            yield break;
        }

        var shape = ScoringStrategy.RequestedToCapacityRatio?.Shape ?? [];
        if (shape.Count == 0)
        {
            yield return "scoringStrategy.requestedToCapacityRatio.shape: at least one point is wanted";
        }

        for (var i = 0; i < shape.Count; i++)
        {
            if (shape[i].Utilization is < 0 or > 100 || shape[i].Score is < 0 or > 10)
            {
                yield return $"scoringStrategy.requestedToCapacityRatio.shape[{i}]: utilization must be from 0 to 100 and score from 0 to 10";
            }
            else if (i > 0 && shape[i].Utilization <= shape[i - 1].Utilization)
            {
                yield return $"scoringStrategy.requestedToCapacityRatio.shape[{i}]: utilization must be greater than that of the point before";
            }
        }
    }
}
