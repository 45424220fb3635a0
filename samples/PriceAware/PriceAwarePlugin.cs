using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Informers;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;
using PriceCatalog;

namespace PriceAware;

/// <summary>Keeps the pods of a namespace off machines that cost more than it may spend, and prefers cheap machines.</summary>
public sealed class PriceAwarePlugin(Catalog catalog, long defaultPrice, IStore<Namespace> namespaces) : OneNodeFilter, IScorePlugin, IEventInterests
{
    public const string PluginName = "PriceAware";

    /// <summary>On a namespace: the most that a node of its pods may cost, in cents per hour.</summary>
    public const string LimitAnnotation = "example.com/max-hourly-cents";

    private const string MachineType = "node.kubernetes.io/instance-type";

    // One status for all nodes: the event counts them.
    private static readonly Status TooExpensive = Status.Unresolvable("node(s) cost more than the namespace may spend");

    public override string Name => PluginName;

    /// <summary>Pods that were refused are tried again when a node gets another type, or when the budget of their namespace changes.</summary>
    public IReadOnlyList<EventInterest> Interests { get; } =
    [
        new(new ClusterEvent(EventResource.Node, ActionType.Add | ActionType.UpdateNodeLabel)),
        new(new ClusterEvent(EventResource.Custom, ActionType.Update), IsOwnNamespace),
    ];

    /// <summary>The form with one node per call.</summary>
    protected override Status Filter(CycleState state, PodInfo pod, NodeInfo node) =>
        namespaces.Get(null, pod.Namespace) is { } own
        && own.Metadata.Annotations.TryGetValue(LimitAnnotation, out var text)
        && long.TryParse(text, out var limit)
        && PriceOf(node) > limit
            ? TooExpensive
            : Status.Success;

    /// <summary>The form with all nodes in one call.</summary>
    public Status Score(CycleState state, PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores)
    {
        for (var i = 0; i < slots.Length; i++)
        {
            scores[i] = PriceOf(nodes[slots[i]]);
        }

        return Status.Success;
    }

    /// <summary>The dearest gets 0, one that costs nothing 100.</summary>
    public Status Normalize(CycleState state, PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores)
    {
        Scores.NormalizeByMax(scores, reverse: true);
        return Status.Success;
    }

    private static QueueingHint IsOwnNamespace(PodInfo pod, object? before, object? after) =>
        after is Namespace changed && changed.Metadata.Name == pod.Namespace ? QueueingHint.Queue : QueueingHint.Skip;

    private long PriceOf(NodeInfo node) =>
        (node.Node.Metadata.Labels.TryGetValue(MachineType, out var type) ? catalog.Find(type) : null) ?? defaultPrice;
}
