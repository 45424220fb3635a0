using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.NodeResources;

/// <summary>Refuses nodes without room for the pod's requests, and scores by how full they are, by the strategy of the arguments.</summary>
internal sealed class NodeResourcesFitPlugin(NodeResourcesFitArgs args) : IFilterPlugin, IScorePlugin, INodeLocal, IEventInterests
{
    private readonly IResourceScorer _scorer = ResourceScorers.Create(args.ScoringStrategy);

    public string Name => PluginNames.NodeResourcesFit;

    public IReadOnlyList<EventInterest> Interests =>
    [
        new(new ClusterEvent(EventResource.Pod, ActionType.Delete | ActionType.UpdatePodScaleDown), FreesResources),
        new(new ClusterEvent(EventResource.Node, ActionType.Add | ActionType.UpdateNodeAllocatable), HasRoom),
    ];

    public void Filter(CycleState state, PodInfo pod, NodeFilter nodes)
    {
        var requests = Relevant(pod, nodes.Table);
        var statuses = new Dictionary<(uint Missing, bool Unresolvable), Status>();
        var podsAllowed = nodes.Table.Allocatable(ResourceColumns.Pods);
        var pods = nodes.Table.Requested(ResourceColumns.Pods);
        foreach (var slot in nodes.Feasible)
        {
            var missing = pods[slot] + 1 > podsAllowed[slot] ? 1u : 0u;
            var isUnresolvable = false;
            for (var i = 0; i < requests.Count; i++)
            {
                var (resource, amount) = requests[i];
                var allocatable = nodes.Table.Allocatable(resource)[slot];
                if (amount > allocatable - nodes.Table.Requested(resource)[slot])
                {
                    missing |= 2u << Math.Min(i, 30);
                    isUnresolvable |= amount > allocatable;
                }
            }

            if (missing != 0)
            {
                nodes.Reject(slot, FindStatus(statuses, missing, isUnresolvable, requests, nodes.Table));
            }
        }
    }

    public Status Score(CycleState state, PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores)
    {
        ResourceScoring.Score(_scorer, args.ScoringStrategy.Resources, useRequested: false, pod, nodes, slots, scores);
        return Status.Success;
    }

    private static Status FindStatus(Dictionary<(uint Missing, bool Unresolvable), Status> statuses, uint missing, bool isUnresolvable, List<ResourceAmount> requests, INodeTable table)
    {
        if (statuses.TryGetValue((missing, isUnresolvable), out var status))
        {
            return status;
        }

        var reasons = new List<string>();
        if ((missing & 1) != 0)
        {
            reasons.Add("Too many pods");
        }

        for (var i = 0; i < requests.Count; i++)
        {
            if ((missing & (2u << Math.Min(i, 30))) != 0)
            {
                reasons.Add($"Insufficient {table.Resources[requests[i].Resource]}");
            }
        }

        status = isUnresolvable ? Status.Unresolvable(reasons) : Status.Unschedulable(reasons);
        statuses[(missing, isUnresolvable)] = status;
        return status;
    }

    private List<ResourceAmount> Relevant(PodInfo pod, INodeTable table)
    {
        var requests = new List<ResourceAmount>(pod.Template.Requests.Count);
        foreach (var request in pod.Template.Requests)
        {
            if (request.Resource < ResourceColumns.FirstScalar || !IsIgnored(table.Resources[request.Resource]))
            {
                requests.Add(request);
            }
        }

        return requests;
    }

    private bool IsIgnored(string resource)
    {
        var slash = resource.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && (args.IgnoredResources.Contains(resource) || args.IgnoredResourceGroups.Contains(resource[..slash]));
    }

    private static QueueingHint FreesResources(PodInfo pod, object? oldObject, object? newObject)
    {
        if (newObject is PodInfo updated)
        {
            // A pod that asks for less: the waiting pod itself, or one on a node that shares a resource with it.
            return updated.Uid == pod.Uid || (oldObject is PodInfo before && pod.Template.Requests.Any(r => before.Template.Request(r.Resource) > updated.Template.Request(r.Resource)))
                ? QueueingHint.Queue
                : QueueingHint.Skip;
        }

        return oldObject is PodInfo deleted && (deleted.Pod.Spec.NodeName.Length > 0 || deleted.Pod.Status.NominatedNodeName.Length > 0)
            ? QueueingHint.Queue
            : QueueingHint.Skip;
    }

    private static QueueingHint HasRoom(PodInfo pod, object? oldNode, object? newNode)
    {
        if (newNode is not Node node)
        {
            return QueueingHint.Skip;
        }

        var allocatable = node.Status?.Allocatable;
        if (allocatable is null || allocatable.Count == 0)
        {
            return QueueingHint.Skip;
        }

        var cpu = allocatable.TryGetValue("cpu", out var c) ? c.MilliValue : 0;
        var memory = allocatable.TryGetValue("memory", out var m) ? m.Value : 0;
        return pod.Template.Request(ResourceColumns.Cpu) <= cpu && pod.Template.Request(ResourceColumns.Memory) <= memory
            ? QueueingHint.Queue
            : QueueingHint.Skip;
    }
}
