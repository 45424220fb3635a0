using NodeAgent.Scheduler.Framework.Plugins;

namespace NodeAgent.Scheduler.Plugins.NodeResources;

/// <summary>The scoring strategies of NodeResourcesFit.</summary>
internal static class ResourceScorers
{
    public static IResourceScorer Create(ScoringStrategy strategy) => strategy.Type switch
    {
        ScoringStrategyType.MostAllocated => new WeightedScorer((requested, capacity) => Math.Min(requested, capacity) * IScorePlugin.MaxScore / capacity),
        ScoringStrategyType.RequestedToCapacityRatio => new RatioScorer(strategy.RequestedToCapacityRatio?.Shape ?? []),
        _ => new WeightedScorer((requested, capacity) => requested > capacity ? 0 : (capacity - requested) * IScorePlugin.MaxScore / capacity),
    };
}
