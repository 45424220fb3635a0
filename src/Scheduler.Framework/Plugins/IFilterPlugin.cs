using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Framework.Plugins;

/// <summary>Refuses nodes that cannot take the pod. See <see cref="OneNodeFilter"/> for the form with one node per call.</summary>
public interface IFilterPlugin : IPlugin
{
    /// <summary>Rejects each node in <see cref="NodeFilter.Feasible"/> that the pod cannot run on.</summary>
    void Filter(CycleState state, PodInfo pod, NodeFilter nodes);
}
