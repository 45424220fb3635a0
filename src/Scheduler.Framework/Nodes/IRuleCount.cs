using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Framework.Nodes;

/// <summary>An affinity term, and the pods that have it.</summary>
public interface IRuleCount
{
    PodAffinityRule Rule { get; }

    /// <summary>Per slot how many pods there have the term.</summary>
    ReadOnlySpan<int> PodsPerNode { get; }

    /// <summary>Whether the term is about the pod.</summary>
    bool Selects(PodInfo pod);
}
