using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.NodeResources;

/// <summary>Refuses nodes without room for the pod's requests, and scores by how full they are, by the strategy of the arguments.</summary>
internal sealed class NodeResourcesFitPlugin(NodeResourcesFitArgs args) : IFilterPlugin, IScorePlugin, INodeLocal, IEventInterests, ILoopObserver
{
    private readonly IResourceScorer _scorer = ResourceScorers.Create(args.ScoringStrategy);
    private readonly Dictionary<(uint Missing, bool Unresolvable), Status> _statuses = [];
    private PodTemplate? _statusesOf;

    public string Name => PluginNames.NodeResourcesFit;

    /// <inheritdoc/>
    public LoopView? View { private get; set; }

    public IReadOnlyList<EventInterest> Interests =>
    [
        new(new ClusterEvent(EventResource.Pod, ActionType.Delete | ActionType.UpdatePodScaleDown), FreesResources),
        new(new ClusterEvent(EventResource.Node, ActionType.Add | ActionType.UpdateNodeAllocatable), IsLargeEnough),
    ];

    public void Filter(CycleState state, PodInfo pod, NodeFilter nodes)
    {
        var requests = Relevant(pod, nodes.Table);
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
                nodes.Reject(slot, FindStatus(pod.Template, missing, isUnresolvable, requests, nodes.Table));
            }
        }
    }

    public Status Score(CycleState state, PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores)
    {
        ResourceScoring.Score(_scorer, args.ScoringStrategy.Resources, useRequested: false, pod, nodes, slots, scores);
        return Status.Success;
    }

    private Status FindStatus(PodTemplate template, uint missing, bool isUnresolvable, IReadOnlyList<ResourceAmount> requests, INodeTable table)
    {
        if (!ReferenceEquals(_statusesOf, template))
        {
            _statuses.Clear();
            _statusesOf = template;
        }

        if (_statuses.TryGetValue((missing, isUnresolvable), out var status))
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
        _statuses[(missing, isUnresolvable)] = status;
        return status;
    }

    private IReadOnlyList<ResourceAmount> Relevant(PodInfo pod, INodeTable table)
    {
        if (args.IgnoredResources.Count == 0 && args.IgnoredResourceGroups.Count == 0)
        {
            return pod.Template.Requests;
        }

        var requests = new List<ResourceAmount>(pod.Template.Requests.Count);
        foreach (var request in pod.Template.Requests)
        {
            if (IsRelevant(request, table))
            {
                requests.Add(request);
            }
        }

        return requests;
    }

    private bool IsRelevant(ResourceAmount request, INodeTable table) =>
        request.Resource < ResourceColumns.FirstScalar || !IsIgnored(table.Resources[request.Resource]);

    private bool IsIgnored(string resource)
    {
        var slash = resource.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && (args.IgnoredResources.Contains(resource) || args.IgnoredResourceGroups.Contains(resource[..slash]));
    }

    private QueueingHint FreesResources(PodInfo pod, object? oldObject, object? newObject)
    {
        if (newObject is PodInfo updated)
        {
            // A pod that asks for less: the waiting pod itself, or one on a node that shares a resource with it.
            return updated.Uid == pod.Uid || (oldObject is PodInfo before && pod.Template.Requests.Any(r => before.Template.Request(r.Resource) > updated.Template.Request(r.Resource)))
                ? QueueingHint.Queue
                : QueueingHint.Skip;
        }

        if (oldObject is not PodInfo deleted)
        {
            return QueueingHint.Skip;
        }

        var node = deleted.Pod.Spec.NodeName is { Length: > 0 } bound ? bound : deleted.Pod.Status.NominatedNodeName;
        return node.Length > 0 && (View is not { } view || !view.IsWaitingForVictims(pod) || HasRoom(view, pod, node)) ? QueueingHint.Queue : QueueingHint.Skip;
    }

    /// <remarks>
    /// A pod whose victims are on their way out may evict no others, so that only a node with room as it is can help it. Where many
    /// pods preempt at once, each of their victims would otherwise cost each of them a futile attempt.
    /// </remarks>
    private bool HasRoom(LoopView view, PodInfo pod, string nodeName)
    {
        var (nodes, slot) = (view.Nodes, view.Nodes.FindSlot(nodeName));
        if (slot < 0 || nodes.Requested(ResourceColumns.Pods)[slot] >= nodes.Allocatable(ResourceColumns.Pods)[slot])
        {
            return false;
        }

        var nominated = view.Nominations.On(nodeName);
        for (var i = 0; i < pod.Template.Requests.Count; i++)
        {
            var request = pod.Template.Requests[i];
            var free = nodes.Allocatable(request.Resource)[slot] - nodes.Requested(request.Resource)[slot];
            for (var j = 0; j < nominated.Count; j++)
            {
                free -= nominated[j].Priority >= pod.Priority && nominated[j].Uid != pod.Uid ? nominated[j].Template.Request(request.Resource) : 0;
            }

            if (request.Amount > free && IsRelevant(request, nodes))
            {
                return false;
            }
        }

        return true;
    }

    private static QueueingHint IsLargeEnough(PodInfo pod, object? oldNode, object? newNode)
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
