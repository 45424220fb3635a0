using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Framework.Plugins;

/// <summary>A filter plugin that looks at one node at a time.</summary>
public abstract class OneNodeFilter : IFilterPlugin
{
    public abstract string Name { get; }

    public void Filter(CycleState state, PodInfo pod, NodeFilter nodes)
    {
        foreach (var slot in nodes.Feasible)
        {
            var status = Filter(state, pod, nodes.Table[slot]);
            if (!status.IsSuccess)
            {
                nodes.Reject(slot, status);
            }
        }
    }

    protected abstract Status Filter(CycleState state, PodInfo pod, NodeInfo node);
}
