using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Selectors;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.NodeUnschedulable;

/// <summary>Refuses nodes marked unschedulable (cordoned), unless the pod tolerates that.</summary>
internal sealed class NodeUnschedulablePlugin : IFilterPlugin, INodeLocal, IEventInterests
{
    private static readonly Taint Mark = new() { Key = "node.kubernetes.io/unschedulable", Effect = "NoSchedule" };

    private static readonly Status Refused = Status.Unresolvable("node(s) were unschedulable");

    public string Name => PluginNames.NodeUnschedulable;

    public IReadOnlyList<EventInterest> Interests { get; } =
    [
        new(new ClusterEvent(EventResource.Node, ActionType.Add | ActionType.UpdateNodeTaint), IsNodeOpen),
        new(new ClusterEvent(EventResource.Pod, ActionType.UpdatePodToleration), OwnUpdate.Hint),
    ];

    public void Filter(CycleState state, PodInfo pod, NodeFilter nodes)
    {
        if (nodes.Table.Unschedulable.IsEmpty || IsTolerated(pod))
        {
            return;
        }

        foreach (var slot in nodes.Table.Unschedulable)
        {
            if (nodes.Feasible.Contains(slot))
            {
                nodes.Reject(slot, Refused);
            }
        }
    }

    private static bool IsTolerated(PodInfo pod) => pod.Template.Tolerations.Any(t => t.Tolerates(Mark));

    private static QueueingHint IsNodeOpen(PodInfo pod, object? oldNode, object? newNode)
    {
        var wasClosed = oldNode is not Node before || (before.Spec?.Unschedulable ?? false);
        var isClosed = newNode is Node { Spec.Unschedulable: true };
        return wasClosed && !isClosed ? QueueingHint.Queue : QueueingHint.Skip;
    }
}
