namespace NodeAgent.Scheduler.Plugins.NodeResources;

internal sealed record WeightedResource(string Name, long Weight = 1)
{
    public static IReadOnlyList<WeightedResource> Defaults { get; } = [new("cpu"), new("memory")];
}
