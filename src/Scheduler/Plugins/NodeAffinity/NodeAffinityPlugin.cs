using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Selectors;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.NodeAffinity;

/// <summary>The pod's nodeSelector and node affinity, and an affinity that the profile adds for all pods.</summary>
internal sealed class NodeAffinityPlugin : IPreFilterPlugin, IFilterPlugin, IPreScorePlugin, IScorePlugin, INodeLocal, IEventInterests
{
    private static readonly Status Refused = Status.Unresolvable("node(s) didn't match Pod's node affinity/selector");
    private static readonly Status RefusedByProfile = Status.Unresolvable("node(s) didn't match scheduler-enforced node affinity");
    private static readonly Status Conflict = Status.Unresolvable("pod affinity terms conflict");

    private readonly NodeSelectorMatcher? _addedRequired;
    private readonly List<PreferredTerm> _addedPreferred;

    /// <param name="added">The profile's addedAffinity.</param>
    public NodeAffinityPlugin(KubeApi.Core.V1.NodeAffinity? added = null)
    {
        _addedRequired = added?.RequiredDuringSchedulingIgnoredDuringExecution is { } required ? NodeSelectorMatcher.From(required) : null;
        _addedPreferred = PreferredTerm.ReadAll(added?.PreferredDuringSchedulingIgnoredDuringExecution ?? []);
    }

    public string Name => PluginNames.NodeAffinity;

    public IReadOnlyList<EventInterest> Interests =>
        [new(new ClusterEvent(EventResource.Node, ActionType.Add | ActionType.UpdateNodeLabel), IsNodeMatching)];

    public PreFilterResult PreFilter(CycleState state, PodInfo pod, INodeTable nodes)
    {
        if (pod.Template.RequiredNodeAffinity.IsEmpty && _addedRequired is null)
        {
            return PreFilterResult.Skip;
        }

        // A pod of a DaemonSet names its node: nothing else is worth a look.
        var terms = pod.Template.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution?.NodeSelectorTerms;
        if (terms is null || terms.Count == 0)
        {
            return PreFilterResult.Success;
        }

        var only = new NodeSet();
        foreach (var term in terms)
        {
            if (NodeSelectorTermMatcher.From(term) is not { } matcher)
            {
                continue;
            }

            if (matcher.OnlyNodeNames is not { } names)
            {
                return PreFilterResult.Success;
            }

            foreach (var name in names)
            {
                if (nodes.FindSlot(name) is >= 0 and var slot)
                {
                    only.Add(slot);
                }
            }
        }

        return terms.All(HasConflict) ? new PreFilterResult(Conflict) : new PreFilterResult(Status.Success, only);
    }

    public void Filter(CycleState state, PodInfo pod, NodeFilter nodes)
    {
        foreach (var slot in nodes.Feasible)
        {
            var node = nodes.Table[slot];
            try
            {
                if (!(_addedRequired?.Matches(node.Name, node.Node.Metadata.Labels) ?? true))
                {
                    nodes.Reject(slot, RefusedByProfile);
                }
                else if (!pod.Template.RequiredNodeAffinity.Matches(node.Name, node.Node.Metadata.Labels))
                {
                    nodes.Reject(slot, Refused);
                }
            }
            catch (FormatException)
            {
                // A malformed term matches no node: to users it is a node that does not match.
                nodes.Reject(slot, Refused);
            }
        }
    }

    public Status PreScore(CycleState state, PodInfo pod, INodeTable nodes, NodeSet feasible) =>
        pod.Template.PreferredNodeAffinity.Count == 0 && _addedPreferred.Count == 0 ? Status.Skip : Status.Success;

    public Status Score(CycleState state, PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores)
    {
        var terms = PreferredTerm.ReadAll(pod.Template.PreferredNodeAffinity);
        for (var i = 0; i < slots.Length; i++)
        {
            var node = nodes[slots[i]];
            scores[i] = PreferredTerm.Sum(terms, node) + PreferredTerm.Sum(_addedPreferred, node);
        }

        return Status.Success;
    }

    public Status Normalize(CycleState state, PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores)
    {
        Scores.NormalizeByMax(scores, reverse: false);
        return Status.Success;
    }

    private static bool HasConflict(NodeSelectorTerm term) => NodeSelectorTermMatcher.From(term)?.OnlyNodeNames is { Count: 0 };

    private QueueingHint IsNodeMatching(PodInfo pod, object? oldNode, object? newNode)
    {
        if (newNode is not Node after || !Matches(pod, after))
        {
            return QueueingHint.Skip;
        }

        return oldNode is Node before && Matches(pod, before) ? QueueingHint.Skip : QueueingHint.Queue;
    }

    private bool Matches(PodInfo pod, Node node) =>
        (_addedRequired?.Matches(node.Metadata.Name, node.Metadata.Labels) ?? true) && pod.Template.RequiredNodeAffinity.Matches(node);
}
