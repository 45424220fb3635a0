using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.NodePorts;

/// <summary>Refuses nodes on which a host port of the pod is taken.</summary>
internal sealed class NodePortsPlugin : IPreFilterPlugin, IFilterPlugin, INodeLocal, IEventInterests
{
    private static readonly Status Refused = Status.Unschedulable("node(s) didn't have free ports for the requested pod ports");

    public string Name => PluginNames.NodePorts;

    public IReadOnlyList<EventInterest> Interests { get; } =
    [
        new(new ClusterEvent(EventResource.Pod, ActionType.Delete), FreesPort),
        new(new ClusterEvent(EventResource.Node, ActionType.Add)),
    ];

    public PreFilterResult PreFilter(CycleState state, PodInfo pod, INodeTable nodes) =>
        pod.Template.HostPorts.Count == 0 ? PreFilterResult.Skip : PreFilterResult.Success;

    public void Filter(CycleState state, PodInfo pod, NodeFilter nodes)
    {
        foreach (var slot in nodes.Feasible)
        {
            var node = nodes.Table[slot];
            foreach (var port in pod.Template.HostPorts)
            {
                if (node.HasPortConflict(port))
                {
                    nodes.Reject(slot, Refused);
                    break;
                }
            }
        }
    }

    private static QueueingHint FreesPort(PodInfo pod, object? oldObject, object? newObject) =>
        oldObject is PodInfo deleted && deleted.Template.HostPorts.Any(used => pod.Template.HostPorts.Any(used.ConflictsWith))
            ? QueueingHint.Queue
            : QueueingHint.Skip;
}
