using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.NodeName;

/// <summary>Refuses every node but the one that the spec names.</summary>
internal sealed class NodeNamePlugin : IFilterPlugin, INodeLocal, IEventInterests
{
    private static readonly Status Refused = Status.Unresolvable("node(s) didn't match the requested node name");

    public string Name => PluginNames.NodeName;

    public IReadOnlyList<EventInterest> Interests { get; } = [new(new ClusterEvent(EventResource.Node, ActionType.Add))];

    public void Filter(CycleState state, PodInfo pod, NodeFilter nodes)
    {
        var wanted = pod.Pod.Spec.NodeName;
        if (wanted.Length == 0)
        {
            return;
        }

        foreach (var slot in nodes.Feasible)
        {
            if (nodes.Table[slot].Name != wanted)
            {
                nodes.Reject(slot, Refused);
            }
        }
    }
}
