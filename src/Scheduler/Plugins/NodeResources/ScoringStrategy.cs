namespace NodeAgent.Scheduler.Plugins.NodeResources;

/// <summary>How NodeResourcesFit scores.</summary>
internal sealed record ScoringStrategy
{
    public ScoringStrategyType Type { get; init; } = ScoringStrategyType.LeastAllocated;

    public IReadOnlyList<WeightedResource> Resources { get; init; } = WeightedResource.Defaults;

    public RequestedToCapacityRatio? RequestedToCapacityRatio { get; init; }
}
