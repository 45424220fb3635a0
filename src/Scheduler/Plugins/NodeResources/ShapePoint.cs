namespace NodeAgent.Scheduler.Plugins.NodeResources;

/// <summary>A point of the line that scores utilisation.</summary>
internal sealed record ShapePoint
{
    /// <summary>In percent.</summary>
    public int Utilization { get; init; }

    /// <summary>From 0 to 10.</summary>
    public int Score { get; init; }
}
