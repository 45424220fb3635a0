using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Selectors;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.TaintToleration;

/// <summary>Refuses nodes with taints that the pod does not tolerate; prefers nodes with few PreferNoSchedule taints. Each distinct set of taints is looked at once.</summary>
internal sealed class TaintTolerationPlugin : IFilterPlugin, IScorePlugin, INodeLocal, IEventInterests
{
    private static readonly Status Refused = Status.Unresolvable("node(s) had untolerated taint(s)");

    public string Name => PluginNames.TaintToleration;

    public IReadOnlyList<EventInterest> Interests { get; } =
    [
        new(new ClusterEvent(EventResource.Node, ActionType.Add | ActionType.UpdateNodeTaint), IsNodeTolerable),
        new(new ClusterEvent(EventResource.Pod, ActionType.UpdatePodToleration), OwnUpdate.Hint),
    ];

    public void Filter(CycleState state, PodInfo pod, NodeFilter nodes)
    {
        const byte Accepts = 1;
        const byte Refuses = 2;
        var sets = nodes.Table.TaintSets;
        var ids = nodes.Table.TaintSetIds;
        Span<byte> verdicts = sets.Count <= 256 ? stackalloc byte[sets.Count] : new byte[sets.Count];
        foreach (var slot in nodes.Feasible)
        {
            ref var verdict = ref verdicts[ids[slot]];
            if (verdict == 0)
            {
                verdict = IsRefused(pod, sets[ids[slot]].Taints) ? Refuses : Accepts;
            }

            if (verdict == Refuses)
            {
                nodes.Reject(slot, Refused);
            }
        }
    }

    public Status Score(CycleState state, PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores)
    {
        var sets = nodes.TaintSets;
        var counts = new long[sets.Count];
        for (var i = 0; i < counts.Length; i++)
        {
            counts[i] = sets[i].Taints.Count(t => t.Effect == "PreferNoSchedule" && !IsSoftTaintTolerated(pod, t));
        }

        var ids = nodes.TaintSetIds;
        for (var i = 0; i < slots.Length; i++)
        {
            scores[i] = counts[ids[slots[i]]];
        }

        return Status.Success;
    }

    public Status Normalize(CycleState state, PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores)
    {
        Scores.NormalizeByMax(scores, reverse: true);
        return Status.Success;
    }

    private static bool IsRefused(PodInfo pod, IReadOnlyCollection<Taint> taints) =>
        taints.Count > 0 && Tolerations.FindUntolerated(taints, pod.Template.Tolerations, Tolerations.KeepsAway) is not null;

    private static bool IsSoftTaintTolerated(PodInfo pod, Taint taint) =>
        pod.Template.Tolerations.Any(t => t.Effect is "" or "PreferNoSchedule" && t.Tolerates(taint));

    private static QueueingHint IsNodeTolerable(PodInfo pod, object? oldNode, object? newNode)
    {
        var wasRefused = oldNode is not Node before || IsRefused(pod, before.Spec?.Taints ?? []);
        var isRefused = newNode is not Node after || IsRefused(pod, after.Spec?.Taints ?? []);
        return wasRefused && !isRefused ? QueueingHint.Queue : QueueingHint.Skip;
    }
}
