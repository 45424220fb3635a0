using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Cache;

/// <content>Counts over pods that are kept up to date instead of being made anew for each attempt.</content>
internal sealed partial class NodeTable
{
    /// <summary>Counts that nobody asked for are dropped when there are more than this.</summary>
    private const int MaxCounts = 2_000;

    private readonly Dictionary<string, TopologyColumn> _topology = new(StringComparer.Ordinal);
    private readonly Dictionary<PodMatcher, PodCount> _counts = [];
    private readonly Dictionary<string, List<PodCount>> _countsByNamespace = new(StringComparer.Ordinal);
    private readonly List<PodCount> _countsOfAnyNamespace = [];
    private readonly Dictionary<PodAffinityRule, RuleCount>[] _rules = [[], [], [], []];
    private readonly Dictionary<(string Namespace, string Claim), int> _claims = [];
    private readonly Dictionary<string, IReadOnlyDictionary<string, string>> _namespaces = new(StringComparer.Ordinal);
    private long _clock;

    public ReadOnlySpan<int> TopologyDomains(string labelKey) => Topology(labelKey).Domains;

    public int TopologyDomainCount(string labelKey) => Topology(labelKey).Count;

    public IReadOnlyDictionary<string, string>? NamespaceLabels(string name) => _namespaces.GetValueOrDefault(name);

    public IReadOnlyCollection<IRuleCount> RulesOfPods(PodRuleKind kind) => _rules[(int)kind].Values;

    public ReadOnlySpan<int> CountPods(PodMatcher matcher)
    {
        if (!_counts.TryGetValue(matcher, out var count))
        {
            count = StartCount(matcher);
        }

        count.LastUsed = ++_clock;
        return count.PerNode;
    }

    public int PodsUsingClaim(string namespaceName, string claimName) => _claims.GetValueOrDefault((namespaceName, claimName));

    /// <summary>Takes over a namespace's labels; null when it is gone.</summary>
    public void SetNamespace(string name, IReadOnlyDictionary<string, string>? labels)
    {
        var old = _namespaces.GetValueOrDefault(name);
        if (labels is null)
        {
            _namespaces.Remove(name);
        }
        else
        {
            _namespaces[name] = labels;
        }

        if (old is null || labels is null || old.Count != labels.Count || old.Except(labels).Any())
        {
            foreach (var count in _countsOfAnyNamespace)
            {
                _counts.Remove(count.Matcher);
            }

            _countsOfAnyNamespace.Clear();
        }
    }

    private TopologyColumn Topology(string key)
    {
        if (!_topology.TryGetValue(key, out var column))
        {
            column = new TopologyColumn(key);
            column.Resize(Capacity);
            foreach (var slot in Present)
            {
                column.Set(slot, _nodes[slot]!.Node.Metadata.Labels);
            }

            _topology[key] = column;
        }

        return column;
    }

    private void SetTopology(int slot, IReadOnlyDictionary<string, string>? labels)
    {
        foreach (var column in _topology.Values)
        {
            column.Set(slot, labels);
        }
    }

    private PodCount StartCount(PodMatcher matcher)
    {
        if (_counts.Count >= MaxCounts)
        {
            DropUnusedCounts();
        }

        var count = new PodCount(matcher);
        count.Resize(Capacity);
        foreach (var node in _nodes)
        {
            foreach (var pod in node?.PodList ?? [])
            {
                count.Add(pod, node!.Slot, 1, NamespaceLabels(pod.Namespace));
            }
        }

        _counts[matcher] = count;
        Register(count);
        return count;
    }

    private void Register(PodCount count)
    {
        if (count.Matcher.NamespaceSelector is { IsNothing: false })
        {
            _countsOfAnyNamespace.Add(count);
            return;
        }

        foreach (var name in count.Matcher.Namespaces)
        {
            if (!_countsByNamespace.TryGetValue(name, out var list))
            {
                list = [];
                _countsByNamespace[name] = list;
            }

            list.Add(count);
        }
    }

    private void DropUnusedCounts()
    {
        var kept = _counts.Values.OrderByDescending(c => c.LastUsed).Take(MaxCounts / 2).ToList();
        _counts.Clear();
        _countsByNamespace.Clear();
        _countsOfAnyNamespace.Clear();
        foreach (var count in kept)
        {
            _counts[count.Matcher] = count;
            Register(count);
        }
    }

    private void CountPod(PodInfo pod, int slot, int by)
    {
        if (_countsByNamespace.TryGetValue(pod.Namespace, out var counts))
        {
            foreach (var count in counts)
            {
                count.Add(pod, slot, by, null);
            }
        }

        foreach (var count in _countsOfAnyNamespace)
        {
            count.Add(pod, slot, by, NamespaceLabels(pod.Namespace));
        }

        if (pod.Template.HasAffinityRules)
        {
            CountRules(pod, slot, by);
        }

        if (pod.Pod.Spec.Volumes.Count > 0)
        {
            CountClaims(pod, by);
        }
    }

    private void CountClaims(PodInfo pod, int by)
    {
        foreach (var volume in pod.Pod.Spec.Volumes)
        {
            if (volume.VolumeSource?.PersistentVolumeClaim is not { } source)
            {
                continue;
            }

            var key = (pod.Namespace, source.ClaimName);
            var count = _claims.GetValueOrDefault(key) + by;
            if (count == 0)
            {
                _claims.Remove(key);
            }
            else
            {
                _claims[key] = count;
            }
        }
    }

    private void CountRules(PodInfo pod, int slot, int by)
    {
        for (var kind = PodRuleKind.RequiredAffinity; kind <= PodRuleKind.PreferredAntiAffinity; kind++)
        {
            var counts = _rules[(int)kind];
            foreach (var rule in pod.Template.Rules(kind))
            {
                if (!counts.TryGetValue(rule, out var count))
                {
                    count = new RuleCount(rule, this);
                    count.Resize(Capacity);
                    counts[rule] = count;
                }

                count.Add(slot, by);
                if (count.Total == 0)
                {
                    counts.Remove(rule);
                }
            }
        }
    }

    private void GrowCounts(int capacity)
    {
        foreach (var column in _topology.Values)
        {
            column.Resize(capacity);
        }

        foreach (var count in _counts.Values)
        {
            count.Resize(capacity);
        }

        foreach (var rule in _rules.SelectMany(r => r.Values))
        {
            rule.Resize(capacity);
        }
    }
}
