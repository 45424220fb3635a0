namespace NodeAgent.Scheduler.Plugins.NodeResources;

/// <summary>A resource that counts for a score.</summary>
internal sealed record WeightedResource
{
    public static IReadOnlyList<WeightedResource> Defaults { get; } = [new() { Name = "cpu" }, new() { Name = "memory" }];

    public string Name { get; init; } = "";

    public long Weight { get; init; } = 1;
}
