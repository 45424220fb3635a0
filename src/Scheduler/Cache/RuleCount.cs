using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Cache;

/// <inheritdoc cref="IRuleCount"/>
internal sealed class RuleCount(PodAffinityRule rule, INodeTable table) : IRuleCount
{
    private const int MaxRemembered = 10_000;

    private readonly Dictionary<int, bool> _selects = [];
    private int[] _perNode = [];

    public PodAffinityRule Rule { get; } = rule;

    public int Total { get; private set; }

    public ReadOnlySpan<int> PodsPerNode => _perNode;

    public void Resize(int capacity) => Array.Resize(ref _perNode, capacity);

    public void Add(int slot, int by)
    {
        _perNode[slot] += by;
        Total += by;
    }

    public bool Selects(PodInfo pod)
    {
        if (Rule.Matcher.NamespaceSelector is not null)
        {
            return Rule.Matcher.Matches(pod.Labels, table.NamespaceLabels(pod.Namespace));
        }

        if (!_selects.TryGetValue(pod.Labels.Id, out var selects))
        {
            if (_selects.Count >= MaxRemembered)
            {
                _selects.Clear();
            }

            selects = Rule.Matcher.Matches(pod.Labels, null);
            _selects[pod.Labels.Id] = selects;
        }

        return selects;
    }
}
