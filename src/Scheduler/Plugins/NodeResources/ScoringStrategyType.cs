namespace NodeAgent.Scheduler.Plugins.NodeResources;

internal enum ScoringStrategyType
{
    LeastAllocated,
    MostAllocated,
    RequestedToCapacityRatio,
}
