namespace NodeAgent.Scheduler.Plugins.PodTopologySpread;

/// <summary>Where constraints for pods without any come from.</summary>
internal enum ConstraintSource
{
    /// <summary>Zones with a skew of 5 and hosts with a skew of 3, where possible.</summary>
    System,

    /// <summary>The arguments.</summary>
    List,
}
