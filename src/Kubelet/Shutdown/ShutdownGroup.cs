namespace NodeAgent.Kubelet.Shutdown;

/// <summary>Pods of one range of priorities, which end together when the node shuts down.</summary>
/// <param name="Priority">The lowest priority of the group.</param>
/// <param name="Period">How long the group may take.</param>
internal sealed record ShutdownGroup(int Priority, TimeSpan Period, IReadOnlyList<Pod> Pods);
