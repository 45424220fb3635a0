namespace NodeAgent.Scheduler.Plugins.NodeResources;

/// <summary>The pluginConfig of NodeResourcesBalancedAllocation.</summary>
internal sealed record BalancedAllocationArgs
{
    public IReadOnlyList<WeightedResource> Resources { get; init; } = WeightedResource.Defaults;
}
