using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Resources;

/// <summary>With cgroupsPerQOS off: the runtime puts containers where it likes.</summary>
internal sealed class NoPodCgroups : IPodCgroups
{
    public string ParentOf(Pod pod) => "";

    public Task EnsureAsync(Pod pod, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task RemoveAsync(Pod pod, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task RemoveOrphansAsync(Func<PodUid, bool> isKnown, CancellationToken cancellationToken) => Task.CompletedTask;
}
