using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Framework.Plugins;

/// <summary>Keeps things outside the node table for a pod that got a node.</summary>
public interface IReservePlugin : IPlugin
{
    Status Reserve(CycleState state, PodInfo pod, string nodeName);

    /// <summary>Takes back what Reserve did, or part of it did. Called in reverse order, also for plugins whose Reserve did not run; must be idempotent and must not fail.</summary>
    void Unreserve(CycleState state, PodInfo pod, string nodeName);
}
