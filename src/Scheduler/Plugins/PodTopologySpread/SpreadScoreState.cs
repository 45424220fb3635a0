using NodeAgent.Scheduler.Framework.Nodes;

namespace NodeAgent.Scheduler.Plugins.PodTopologySpread;

/// <summary>What PreScore has counted for the soft constraints.</summary>
/// <param name="Scored">The feasible nodes that have the keys; the others score 0.</param>
/// <param name="PerDomain">By constraint and domain; null for hostnames, which are counted node by node.</param>
/// <param name="Weights">By constraint: the more domains, the more a pod in one of them weighs.</param>
internal sealed record SpreadScoreState(IReadOnlyList<SpreadConstraint> Constraints, NodeSet Scored, IReadOnlyList<long[]?> PerDomain, IReadOnlyList<double> Weights);
