using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Cache;

/// <inheritdoc cref="IRuleCount"/>
internal sealed class RuleCount(PodAffinityRule rule) : IRuleCount
{
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
}
