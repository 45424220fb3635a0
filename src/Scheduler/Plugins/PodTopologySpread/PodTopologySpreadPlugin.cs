using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.PodTopologySpread;

/// <summary>Spreads pods over zones, hosts and other domains, by the pod's constraints or the default ones.</summary>
internal sealed class PodTopologySpreadPlugin : IPreFilterUpdates, IFilterPlugin, IPreScorePlugin, IScorePlugin, IEventInterests
{
    private const int MaxRemembered = 10_000;

    private static readonly Status Skewed = Status.Unschedulable("node(s) didn't match pod topology spread constraints");
    private static readonly Status LacksKey = Status.Unresolvable("node(s) didn't match pod topology spread constraints (missing required label)");
    private static readonly StateKey<SpreadFilterState> FilterKey = new("PodTopologySpread filter") { EndsWithDecision = true };
    private static readonly StateKey<SpreadScoreState> ScoreKey = new("PodTopologySpread score") { EndsWithDecision = true };

    private readonly ConstraintDefaults _defaults;
    private readonly Dictionary<(int Template, int Labels, bool Hard), IReadOnlyList<SpreadConstraint>> _own = [];

    public PodTopologySpreadPlugin(ConstraintDefaults defaults)
    {
        _defaults = defaults;
    }

    public string Name => PluginNames.PodTopologySpread;

    public IReadOnlyList<EventInterest> Interests =>
    [
        new(new ClusterEvent(EventResource.Pod, ActionType.Add | ActionType.Delete | ActionType.UpdatePodLabel | ActionType.UpdatePodToleration), ChangesCounts),
        new(new ClusterEvent(EventResource.Node, ActionType.Add | ActionType.Delete | ActionType.UpdateNodeLabel | ActionType.UpdateNodeTaint), ChangesDomains),
    ];

    public PreFilterResult PreFilter(CycleState state, PodInfo pod, INodeTable nodes)
    {
        var constraints = ConstraintsOf(pod, isHard: true);
        if (constraints.Count == 0)
        {
            return PreFilterResult.Skip;
        }

        state.Write(FilterKey, Count(constraints, pod, nodes));
        return PreFilterResult.Success;
    }

    public Status AddPod(CycleState state, PodInfo pod, PodInfo added, NodeInfo node) => Recount(state, pod, node);

    public Status RemovePod(CycleState state, PodInfo pod, PodInfo removed, NodeInfo node) => Recount(state, pod, node);

    public void Filter(CycleState state, PodInfo pod, NodeFilter nodes)
    {
        var (constraints, counts) = state.Read(FilterKey);
        for (var i = 0; i < constraints.Count; i++)
        {
            var constraint = constraints[i];
            var count = counts[i];
            var domains = nodes.Table.TopologyDomains(constraint.TopologyKey);
            foreach (var slot in nodes.Feasible)
            {
                if (domains[slot] < 0)
                {
                    nodes.Reject(slot, LacksKey);
                }
                else if (count.DomainCount > 0 && count.In(domains[slot]) + constraint.SelfMatch - count.Minimum > constraint.MaxSkew)
                {
                    nodes.Reject(slot, Skewed);
                }
            }
        }
    }

    public Status PreScore(CycleState state, PodInfo pod, INodeTable nodes, NodeSet feasible)
    {
        var constraints = ConstraintsOf(pod, isHard: false);
        if (constraints.Count == 0)
        {
            return Status.Skip;
        }

        // A node without a zone label still has a host to spread over, by the system's defaults.
        var needsAllKeys = pod.Template.TopologySpreadConstraints.Count > 0 || !_defaults.IsSystem;
        var scored = needsAllKeys ? NodeEligibility.WithAllKeys(constraints, nodes, feasible) : feasible.Clone();
        var counted = needsAllKeys ? NodeEligibility.WithAllKeys(constraints, nodes, nodes.Present) : nodes.Present;
        var perDomain = new long[]?[constraints.Count];
        var weights = new double[constraints.Count];
        for (var i = 0; i < constraints.Count; i++)
        {
            var domainCount = scored.Count;
            if (!constraints[i].IsHostname)
            {
                perDomain[i] = CountDomains(constraints[i], pod, nodes, scored, counted, out domainCount);
            }

            weights[i] = Math.Log(domainCount + 2);
        }

        state.Write(ScoreKey, new SpreadScoreState(constraints, scored, perDomain, weights));
        return Status.Success;
    }

    public Status Score(CycleState state, PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores)
    {
        var s = state.Read(ScoreKey);
        Span<double> sums = slots.Length <= 1024 ? stackalloc double[slots.Length] : new double[slots.Length];
        for (var c = 0; c < s.Constraints.Count; c++)
        {
            var constraint = s.Constraints[c];
            var domains = nodes.TopologyDomains(constraint.TopologyKey);
            var perDomain = s.PerDomain[c];
            var perNode = perDomain is null ? nodes.CountPods(constraint.Matcher) : default;
            for (var i = 0; i < slots.Length; i++)
            {
                if (domains[slots[i]] >= 0)
                {
                    var count = perDomain is null ? perNode[slots[i]] : perDomain[domains[slots[i]]];
                    sums[i] += (count * s.Weights[c]) + (constraint.MaxSkew - 1);
                }
            }
        }

        for (var i = 0; i < slots.Length; i++)
        {
            scores[i] = s.Scored.Contains(slots[i]) ? (long)Math.Round(sums[i], MidpointRounding.AwayFromZero) : 0;
        }

        return Status.Success;
    }

    public Status Normalize(CycleState state, PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores)
    {
        var scored = state.Read(ScoreKey).Scored;
        var (min, max) = (long.MaxValue, 0L);
        for (var i = 0; i < slots.Length; i++)
        {
            if (scored.Contains(slots[i]))
            {
                min = Math.Min(min, scores[i]);
                max = Math.Max(max, scores[i]);
            }
        }

        for (var i = 0; i < slots.Length; i++)
        {
            scores[i] = !scored.Contains(slots[i]) ? 0
                : max == 0 ? IScorePlugin.MaxScore
                : IScorePlugin.MaxScore * (max + min - scores[i]) / max;
        }

        return Status.Success;
    }

    private static SpreadFilterState Count(IReadOnlyList<SpreadConstraint> constraints, PodInfo pod, INodeTable nodes)
    {
        var withKeys = NodeEligibility.WithAllKeys(constraints, nodes, nodes.Present);
        return new SpreadFilterState(constraints, [.. constraints.Select(c => new SpreadCounts(c, nodes, NodeEligibility.Honoring(c, pod, nodes, withKeys)))]);
    }

    /// <summary>The table has the change already: counting anew is cheap and cannot drift.</summary>
    private static Status Recount(CycleState state, PodInfo pod, NodeInfo node)
    {
        state.Write(FilterKey, Count(state.Read(FilterKey).Constraints, pod, node.Table));
        return Status.Success;
    }

    /// <summary>Pods per domain, of those domains that have a node to score.</summary>
    private static long[] CountDomains(SpreadConstraint constraint, PodInfo pod, INodeTable nodes, NodeSet scored, NodeSet counted, out int domainCount)
    {
        var domains = nodes.TopologyDomains(constraint.TopologyKey);
        var perDomain = new long[nodes.TopologyDomainCount(constraint.TopologyKey)];
        var isWanted = new bool[perDomain.Length];
        domainCount = 0;
        var hasUnlabelled = false;
        foreach (var slot in scored)
        {
            var domain = domains[slot];
            if (domain < 0)
            {
                domainCount += hasUnlabelled ? 0 : 1;
                hasUnlabelled = true;
            }
            else if (!isWanted[domain])
            {
                isWanted[domain] = true;
                domainCount++;
            }
        }

        var counts = nodes.CountPods(constraint.Matcher);
        foreach (var slot in NodeEligibility.Honoring(constraint, pod, nodes, counted))
        {
            if (domains[slot] >= 0 && isWanted[domains[slot]])
            {
                perDomain[domains[slot]] += counts[slot];
            }
        }

        return perDomain;
    }

    private IReadOnlyList<SpreadConstraint> ConstraintsOf(PodInfo pod, bool isHard)
    {
        if (pod.Template.TopologySpreadConstraints.Count == 0)
        {
            return _defaults.For(pod, isHard);
        }

        var key = (pod.Template.Id, pod.Labels.Id, isHard);
        if (!_own.TryGetValue(key, out var constraints))
        {
            if (_own.Count >= MaxRemembered)
            {
                _own.Clear();
            }

            var action = isHard ? "DoNotSchedule" : "ScheduleAnyway";
            constraints = [.. pod.Template.TopologySpreadConstraints.Where(c => c.WhenUnsatisfiable == action).Select(c => SpreadConstraint.From(c, pod))];
            _own[key] = constraints;
        }

        return constraints;
    }

    private QueueingHint ChangesCounts(PodInfo pod, object? oldObject, object? newObject)
    {
        var (before, after) = (oldObject as PodInfo, newObject as PodInfo);
        if (after is not null && after.Uid == pod.Uid)
        {
            return QueueingHint.Queue;
        }

        var constraints = ConstraintsOf(pod, isHard: true);
        foreach (var constraint in constraints)
        {
            var matchedBefore = before is not null && constraint.Matcher.Matches(before.Labels, null);
            var matchesAfter = after is not null && constraint.Matcher.Matches(after.Labels, null);
            if (matchedBefore != matchesAfter)
            {
                return QueueingHint.Queue;
            }
        }

        return QueueingHint.Skip;
    }

    private QueueingHint ChangesDomains(PodInfo pod, object? oldNode, object? newNode)
    {
        var constraints = ConstraintsOf(pod, isHard: true);
        var had = oldNode is Node before && constraints.All(c => before.Metadata.Labels.ContainsKey(c.TopologyKey));
        var has = newNode is Node after && constraints.All(c => after.Metadata.Labels.ContainsKey(c.TopologyKey));
        return had || has ? QueueingHint.Queue : QueueingHint.Skip;
    }
}
