namespace NodeAgent.Kubelet.Stats;

/// <summary>What the node and everything on it uses, at one moment.</summary>
internal sealed record UsageSnapshot(DateTimeOffset At, NodeUsage Node, IReadOnlyList<GroupUsage> Groups, IReadOnlyList<PodUsage> Pods);
