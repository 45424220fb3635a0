using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Framework.Plugins;

/// <summary>A score plugin that looks at one node at a time.</summary>
public abstract class OneNodeScore : IScorePlugin
{
    public abstract string Name { get; }

    public Status Score(CycleState state, PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores)
    {
        for (var i = 0; i < slots.Length; i++)
        {
            scores[i] = Score(state, pod, nodes[slots[i]]);
        }

        return Status.Success;
    }

    public virtual Status Normalize(CycleState state, PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores) => Status.Success;

    protected abstract long Score(CycleState state, PodInfo pod, NodeInfo node);
}
