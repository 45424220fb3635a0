namespace NodeAgent.Scheduler.Plugins.PodTopologySpread;

/// <summary>The pluginConfig of PodTopologySpread.</summary>
internal sealed record PodTopologySpreadArgs : IPluginArgs
{
    /// <summary>For pods without constraints of their own that belong to a Service, ReplicaSet, StatefulSet or ReplicationController.</summary>
    public IReadOnlyList<DefaultConstraint> DefaultConstraints { get; init; } = [];

    /// <summary>Where the default constraints come from.</summary>
    public ConstraintSource DefaultingType { get; init; } = ConstraintSource.System;

    public IEnumerable<string> Validate()
    {
        if (DefaultingType == ConstraintSource.System && DefaultConstraints.Count > 0)
        {
            yield return "defaultConstraints: must be empty when defaultingType is System";
        }

        for (var i = 0; i < DefaultConstraints.Count; i++)
        {
            var constraint = DefaultConstraints[i];
            if (constraint.MaxSkew <= 0)
            {
                yield return $"defaultConstraints[{i}].maxSkew: {constraint.MaxSkew} must be greater than 0";
            }

            if (constraint.TopologyKey.Length == 0)
            {
                yield return $"defaultConstraints[{i}].topologyKey: must not be empty";
            }

            if (constraint.WhenUnsatisfiable is not ("DoNotSchedule" or "ScheduleAnyway"))
            {
                yield return $"defaultConstraints[{i}].whenUnsatisfiable: \"{constraint.WhenUnsatisfiable}\" is neither DoNotSchedule nor ScheduleAnyway";
            }
        }
    }
}
