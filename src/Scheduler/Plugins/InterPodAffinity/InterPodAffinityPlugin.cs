using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.InterPodAffinity;

/// <summary>Keeps pods together and apart, by their own affinity terms and those of the pods that are there already.</summary>
internal sealed class InterPodAffinityPlugin(InterPodAffinityArgs args) : IPreFilterUpdates, IFilterPlugin, IPreScorePlugin, IScorePlugin, IEventInterests
{
    private static readonly Status ExistingPodsObject = Status.Unschedulable("node(s) didn't satisfy existing pods anti-affinity rules");
    private static readonly Status AffinityMissing = Status.Unresolvable("node(s) didn't match pod affinity rules");
    private static readonly Status AntiAffinityBroken = Status.Unschedulable("node(s) didn't match pod anti-affinity rules");
    private static readonly StateKey<AffinityState> FilterKey = new("InterPodAffinity filter") { EndsWithDecision = true };
    private static readonly StateKey<AffinityScores> ScoreKey = new("InterPodAffinity score") { EndsWithDecision = true };

    public string Name => PluginNames.InterPodAffinity;

    public IReadOnlyList<EventInterest> Interests { get; } =
    [
        new(new ClusterEvent(EventResource.Pod, ActionType.Add | ActionType.Delete | ActionType.UpdatePodLabel), ConcernsPod),
        new(new ClusterEvent(EventResource.Node, ActionType.Add | ActionType.UpdateNodeLabel), HasTopology),
    ];

    public PreFilterResult PreFilter(CycleState state, PodInfo pod, INodeTable nodes)
    {
        var pods = Find(pod, nodes);
        if (pods.Existing.Count == 0 && pods.Affinity.Count == 0 && pods.AntiAffinity.Count == 0)
        {
            return PreFilterResult.Skip;
        }

        state.Write(FilterKey, pods);
        return PreFilterResult.Success;
    }

    public Status AddPod(CycleState state, PodInfo pod, PodInfo added, NodeInfo node) => FindAgain(state, pod, node);

    public Status RemovePod(CycleState state, PodInfo pod, PodInfo removed, NodeInfo node) => FindAgain(state, pod, node);

    public void Filter(CycleState state, PodInfo pod, NodeFilter nodes)
    {
        var pods = state.Read(FilterKey);
        CheckAffinity(pods, nodes);
        RejectWherePods(pods.AntiAffinity, nodes, AntiAffinityBroken);
        RejectWherePods(pods.Existing, nodes, ExistingPodsObject);
    }

    public Status PreScore(CycleState state, PodInfo pod, INodeTable nodes, NodeSet feasible)
    {
        var template = pod.Template;
        var hasOwn = template.PreferredAffinity.Count + template.PreferredAntiAffinity.Count > 0;
        if (args.IgnorePreferredTermsOfExistingPods && !hasOwn)
        {
            return Status.Skip;
        }

        var scores = new AffinityScores();
        AddOwn(scores, template.PreferredAffinity, nodes, 1);
        AddOwn(scores, template.PreferredAntiAffinity, nodes, -1);
        AddExisting(scores, PodRuleKind.PreferredAffinity, pod, nodes, rule => rule.Weight);
        AddExisting(scores, PodRuleKind.PreferredAntiAffinity, pod, nodes, rule => -rule.Weight);
        if (args.HardPodAffinityWeight > 0)
        {
            AddExisting(scores, PodRuleKind.RequiredAffinity, pod, nodes, _ => args.HardPodAffinityWeight);
        }

        if (scores.IsEmpty)
        {
            return Status.Skip;
        }

        state.Write(ScoreKey, scores);
        return Status.Success;
    }

    public Status Score(CycleState state, PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores)
    {
        state.Read(ScoreKey).AddTo(nodes, slots, scores);
        return Status.Success;
    }

    public Status Normalize(CycleState state, PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores)
    {
        var (min, max) = (long.MaxValue, long.MinValue);
        foreach (var score in scores)
        {
            min = Math.Min(min, score);
            max = Math.Max(max, score);
        }

        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = max > min ? (long)(IScorePlugin.MaxScore * ((double)(scores[i] - min) / (max - min))) : 0;
        }

        return Status.Success;
    }

    private static AffinityState Find(PodInfo pod, INodeTable nodes)
    {
        var template = pod.Template;
        var existing = new List<DomainSet>();
        foreach (var rule in nodes.RulesOfPods(PodRuleKind.RequiredAntiAffinity))
        {
            if (rule.Selects(pod))
            {
                var domains = new DomainSet(rule.Rule.TopologyKey, nodes);
                domains.Add(nodes, rule.PodsPerNode);
                if (!domains.IsEmpty)
                {
                    existing.Add(domains);
                }
            }
        }

        // A pod counts for the required affinity only when it matches all of the terms.
        var all = template.RequiredAffinity.Count == 0 ? null : PodMatcher.All([.. template.RequiredAffinity.Select(r => r.Matcher)]);
        return new AffinityState(
            existing,
            [.. template.RequiredAffinity.Select(r => DomainsOf(r.TopologyKey, all!, nodes))],
            [.. template.RequiredAntiAffinity.Select(r => DomainsOf(r.TopologyKey, r.Matcher, nodes))],
            all is not null && all.Matches(pod.Labels, nodes.NamespaceLabels(pod.Namespace)));
    }

    private static DomainSet DomainsOf(string topologyKey, PodMatcher matcher, INodeTable nodes)
    {
        var domains = new DomainSet(topologyKey, nodes);
        domains.Add(nodes, nodes.CountPods(matcher));
        return domains;
    }

    private static Status FindAgain(CycleState state, PodInfo pod, NodeInfo node)
    {
        state.Write(FilterKey, Find(pod, node.Table));
        return Status.Success;
    }

    /// <summary>Every term needs a pod in its domain, unless nobody matches anywhere and the pod can be the first of its kind.</summary>
    private static void CheckAffinity(AffinityState pods, NodeFilter nodes)
    {
        if (pods.Affinity.Count == 0)
        {
            return;
        }

        var mayBeFirst = pods.MatchesItself && pods.Affinity.All(a => a.IsEmpty);
        foreach (var set in pods.Affinity)
        {
            var domains = nodes.Table.TopologyDomains(set.TopologyKey);
            foreach (var slot in nodes.Feasible)
            {
                if (domains[slot] < 0 || (!set.HasPods(domains[slot]) && !mayBeFirst))
                {
                    nodes.Reject(slot, AffinityMissing);
                }
            }
        }
    }

    private static void RejectWherePods(IReadOnlyList<DomainSet> sets, NodeFilter nodes, Status status)
    {
        foreach (var set in sets)
        {
            if (set.IsEmpty)
            {
                continue;
            }

            var domains = nodes.Table.TopologyDomains(set.TopologyKey);
            foreach (var slot in nodes.Feasible)
            {
                if (set.HasPods(domains[slot]))
                {
                    nodes.Reject(slot, status);
                }
            }
        }
    }

    private static void AddOwn(AffinityScores scores, IReadOnlyList<PodAffinityRule> rules, INodeTable nodes, int sign)
    {
        foreach (var rule in rules)
        {
            scores.Add(rule.TopologyKey, nodes, nodes.CountPods(rule.Matcher), sign * rule.Weight);
        }
    }

    private static void AddExisting(AffinityScores scores, PodRuleKind kind, PodInfo pod, INodeTable nodes, Func<PodAffinityRule, long> weightOf)
    {
        foreach (var rule in nodes.RulesOfPods(kind))
        {
            if (rule.Selects(pod))
            {
                scores.Add(rule.Rule.TopologyKey, nodes, rule.PodsPerNode, weightOf(rule.Rule));
            }
        }
    }

    /// <summary>Namespace labels are not at hand here: a term with a namespace selector is taken to match.</summary>
    private static bool MayMatch(PodAffinityRule rule, PodInfo pod) =>
        rule.Matcher.NamespaceSelector is not null ? rule.Matcher.Selector.Matches(pod.Labels.Labels) : rule.Matcher.Matches(pod.Labels, null);

    private static QueueingHint ConcernsPod(PodInfo pod, object? oldObject, object? newObject)
    {
        var (before, after) = (oldObject as PodInfo, newObject as PodInfo);
        if (after is not null && after.Uid == pod.Uid)
        {
            return QueueingHint.Queue;
        }

        var template = pod.Template;
        var nowThere = after is not null && template.RequiredAffinity.Any(r => MayMatch(r, after));
        var nowGone = before is not null
            && (template.RequiredAntiAffinity.Any(r => MayMatch(r, before)) || before.Template.RequiredAntiAffinity.Any(r => MayMatch(r, pod)));

        // The last pod to be with is gone: this one may be the first of its kind now.
        var mayBeFirst = before is not null && after is null && template.RequiredAffinity.Any(r => MayMatch(r, before)) && template.RequiredAffinity.All(r => MayMatch(r, pod));
        return nowThere || nowGone || mayBeFirst ? QueueingHint.Queue : QueueingHint.Skip;
    }

    private static QueueingHint HasTopology(PodInfo pod, object? oldNode, object? newNode)
    {
        if (newNode is not Node after)
        {
            return QueueingHint.Skip;
        }

        // Another pod's anti-affinity can be on any key, so that a changed label may free a node of it.
        return oldNode is not null || pod.Template.RequiredAffinity.All(r => after.Metadata.Labels.ContainsKey(r.TopologyKey))
            ? QueueingHint.Queue
            : QueueingHint.Skip;
    }
}
