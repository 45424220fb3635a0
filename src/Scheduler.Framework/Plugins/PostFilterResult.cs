namespace NodeAgent.Scheduler.Framework.Plugins;

/// <param name="NominatedNodeName">The node that the pod is to have; empty to clear an earlier one, null to leave it as it is.</param>
public readonly record struct PostFilterResult(Status Status, string? NominatedNodeName = null);
