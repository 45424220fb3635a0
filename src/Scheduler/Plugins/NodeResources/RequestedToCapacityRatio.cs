namespace NodeAgent.Scheduler.Plugins.NodeResources;

internal sealed record RequestedToCapacityRatio
{
    /// <summary>By ascending utilization.</summary>
    public IReadOnlyList<ShapePoint> Shape { get; init; } = [];
}
