using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Resources;

/// <summary>The cgroup of each pod, below that of its quality-of-service class.</summary>
internal interface IPodCgroups
{
    /// <summary>What the runtime is told to put the pod's containers under; empty when the kubelet keeps no cgroups.</summary>
    string ParentOf(Pod pod);

    /// <summary>Makes the pod's cgroup with its limits. Idempotent.</summary>
    Task EnsureAsync(Pod pod, CancellationToken cancellationToken);

    /// <summary>Removes the pod's cgroup. Idempotent.</summary>
    Task RemoveAsync(Pod pod, CancellationToken cancellationToken);

    /// <summary>Removes the cgroups of pods for which the function says no: left behind by a kubelet that did not come to it.</summary>
    Task RemoveOrphansAsync(Func<PodUid, bool> isKnown, CancellationToken cancellationToken);
}
