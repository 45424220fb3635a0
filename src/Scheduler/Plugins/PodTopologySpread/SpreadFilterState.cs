namespace NodeAgent.Scheduler.Plugins.PodTopologySpread;

/// <summary>What PreFilter has counted for the hard constraints.</summary>
internal sealed record SpreadFilterState(IReadOnlyList<SpreadConstraint> Constraints, IReadOnlyList<SpreadCounts> Counts);
