using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Framework.Plugins;

/// <summary>Says how well nodes suit the pod. See <see cref="OneNodeScore"/> for the form with one node per call.</summary>
public interface IScorePlugin : IPlugin
{
    /// <summary>The worst score after <see cref="Normalize"/>.</summary>
    const long MinScore = 0;

    /// <summary>The best score after <see cref="Normalize"/>.</summary>
    const long MaxScore = 100;

    /// <summary>Writes the score of the node <c>slots[i]</c> to <c>scores[i]</c>, in any range if <see cref="Normalize"/> brings it to 0..100.</summary>
    Status Score(CycleState state, PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores);

    /// <summary>Brings the scores of all feasible nodes to 0..100.</summary>
    Status Normalize(CycleState state, PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores) => Status.Success;
}
