namespace NodeAgent.Kubelet.Topology;

/// <summary>On which NUMA nodes a container's resources may lie.</summary>
/// <param name="Affinity">Null: it does not matter.</param>
/// <param name="Preferred">Whether it is as narrow as the request can be met.</param>
internal readonly record struct NumaHint(NumaMask? Affinity, bool Preferred)
{
    public static readonly NumaHint None = new(null, false);
}
