namespace NodeAgent.Scheduler.Plugins.PodTopologySpread;

/// <summary>A constraint for pods that have none.</summary>
internal sealed record DefaultConstraint
{
    public int MaxSkew { get; init; }

    public string TopologyKey { get; init; } = "";

    public string WhenUnsatisfiable { get; init; } = "";
}
