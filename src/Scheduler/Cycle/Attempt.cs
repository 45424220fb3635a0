using NodeAgent.Scheduler.Cache;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;
using NodeAgent.Scheduler.Queue;

namespace NodeAgent.Scheduler.Cycle;

/// <inheritdoc cref="IAttempt"/>
internal sealed class Attempt(Decider decider, NodeTable nodes, Nominations nominations, Diagnosis diagnosis, ActivePlugins active) : IAttempt
{
    public INodeTable Nodes => nodes;

    public Status? StatusOf(int slot) => diagnosis.StatusOf(slot);

    public void RemovePod(CycleState state, PodInfo pod, PodInfo removed, int slot) => decider.RemoveForTrial(state, pod, removed, slot, active);

    public void AddPod(CycleState state, PodInfo pod, PodInfo added, int slot) => decider.AddForTrial(state, pod, added, slot, active);

    public Status Filter(CycleState state, PodInfo pod, int slot) => decider.FilterOne(pod, state, active, slot);

    public IReadOnlyList<PodInfo> NominatedPods(int slot) => nominations.On(nodes[slot].Name);
}
