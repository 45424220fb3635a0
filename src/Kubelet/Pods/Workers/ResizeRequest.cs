namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>A resize that the node cannot carry out now.</summary>
/// <param name="Desired">The pod as its owner wants it.</param>
/// <param name="Reason">Deferred when there may be room later, Infeasible when there never will.</param>
/// <param name="Detail">The reason in a word for the metrics: one of a few.</param>
internal sealed record ResizeRequest(Pod Desired, string Reason, string Message, string Detail = "insufficient_node_allocatable")
{
    public const string Deferred = "Deferred";
    public const string Infeasible = "Infeasible";
}
