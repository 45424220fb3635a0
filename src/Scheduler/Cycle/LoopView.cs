using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Pods;
using NodeAgent.Scheduler.Queue;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>What the decision loop knows at this moment.</summary>
/// <param name="FindBound">Finds a pod that has a node, by UID; null when it is gone.</param>
/// <param name="IsWaitingForVictims">Whether room is being made for the pod, so that it may evict no others for now.</param>
internal sealed record LoopView(INodeTable Nodes, Nominations Nominations, Func<string, PodInfo?> FindBound, Func<PodInfo, bool> IsWaitingForVictims);
