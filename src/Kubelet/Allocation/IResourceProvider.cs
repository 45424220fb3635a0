using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.Allocation;

/// <summary>
/// Gives containers something of the node for themselves: devices, CPUs, memory of certain NUMA nodes. Called by
/// <see cref="PodAllocator"/> alone, for one pod after the other.
/// </summary>
internal interface IResourceProvider : IExtrasSource
{
    /// <summary>Whether it has anything to do with the pod at all.</summary>
    bool Concerns(Pod pod);

    /// <summary>Takes back what pods have that are no more.</summary>
    void Collect(IReadOnlySet<PodUid> active);

    /// <summary>The NUMA nodes on which the container can be served, by resource. Null for a resource: no preference; an empty list: nowhere.</summary>
    IReadOnlyDictionary<string, IReadOnlyList<NumaHint>?> Hints(Pod pod, Container container);

    /// <summary>The same for what all containers of the pod need together.</summary>
    IReadOnlyDictionary<string, IReadOnlyList<NumaHint>?> PodHints(Pod pod);

    /// <summary>Gives the container what it asks for. What it has already stays.</summary>
    /// <param name="hint">What all providers agreed on.</param>
    /// <exception cref="AllocationException">It cannot be had; the pod is refused.</exception>
    Task AllocateAsync(Pod pod, Container container, NumaHint hint, CancellationToken cancellationToken);
}
