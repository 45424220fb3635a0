namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>A resize that the node cannot carry out now.</summary>
/// <param name="Desired">The pod as its owner wants it.</param>
/// <param name="Reason">Deferred when there may be room later, Infeasible when there never will.</param>
internal sealed record ResizeRequest(Pod Desired, string Reason, string Message)
{
    public const string Deferred = "Deferred";
    public const string Infeasible = "Infeasible";
}
