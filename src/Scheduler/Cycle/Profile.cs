using NodeAgent.Scheduler.Framework.Plugins;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>The plugins that schedule the pods of one scheduler name, by extension point and in the order in which they are called.</summary>
internal sealed record Profile(string Name)
{
    public required IQueueSortPlugin QueueSort { get; init; }

    public IReadOnlyList<IPreEnqueuePlugin> PreEnqueue { get; init; } = [];

    public IReadOnlyList<IPreFilterPlugin> PreFilter { get; init; } = [];

    public IReadOnlyList<IFilterPlugin> Filter { get; init; } = [];

    public IReadOnlyList<IPostFilterPlugin> PostFilter { get; init; } = [];

    public IReadOnlyList<IPreScorePlugin> PreScore { get; init; } = [];

    public IReadOnlyList<WeightedScore> Score { get; init; } = [];

    public IReadOnlyList<IReservePlugin> Reserve { get; init; } = [];

    public IReadOnlyList<IPermitPlugin> Permit { get; init; } = [];

    public IReadOnlyList<IPreBindPlugin> PreBind { get; init; } = [];

    public IReadOnlyList<IBindPlugin> Bind { get; init; } = [];

    public IReadOnlyList<IPostBindPlugin> PostBind { get; init; } = [];

    /// <summary>Every plugin of the profile, once.</summary>
    public IReadOnlyList<IPlugin> Plugins { get; init; } = [];

    /// <summary>How many percent of the nodes are enough to choose from; null or zero for all.</summary>
    public int? PercentageOfNodesToScore { get; init; }
}
