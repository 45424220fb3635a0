namespace NodeAgent.Scheduler.Plugins.NodeResources;

/// <summary>The pluginConfig of NodeResourcesBalancedAllocation.</summary>
internal sealed record BalancedAllocationArgs : IPluginArgs
{
    public IReadOnlyList<WeightedResource> Resources { get; init; } = WeightedResource.Defaults;

    public IEnumerable<string> Validate() => Resources
        .Where(r => r.Weight != 1 || r.Name.Length == 0)
        .Select(r => $"resources: \"{r.Name}\" with weight {r.Weight}: a name and the weight 1 are wanted");
}
