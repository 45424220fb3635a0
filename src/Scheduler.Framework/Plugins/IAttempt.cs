using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Framework.Plugins;

/// <summary>The attempt under way, as PostFilter plugins see it. Valid during the call.</summary>
public interface IAttempt
{
    INodeTable Nodes { get; }

    /// <summary>Why the node was refused; null when no plugin refused it.</summary>
    Status? StatusOf(int slot);

    /// <summary>Takes a pod off its node, in the table and the state, to see what if. Whoever does so adds it again before returning.</summary>
    void RemovePod(CycleState state, PodInfo pod, PodInfo removed, int slot);

    void AddPod(CycleState state, PodInfo pod, PodInfo added, int slot);

    /// <summary>Runs all filters for one node, with and without the pods nominated to it.</summary>
    Status Filter(CycleState state, PodInfo pod, int slot);

    /// <summary>Pods that wait for victims to leave the node, so that they can run there.</summary>
    IReadOnlyList<PodInfo> NominatedPods(int slot);
}
