using NodeAgent.Hosting.Metrics;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Resources;

namespace NodeAgent.Kubelet.Metrics;

/// <summary>kubelet_cgroup_manager_duration_seconds.</summary>
internal sealed class CountedPodCgroups(IPodCgroups cgroups, MetricsRegistry registry, TimeProvider time) : IPodCgroups
{
    private readonly Histogram _durations = registry.CreateHistogram("kubelet_cgroup_manager_duration_seconds", "Duration in seconds for cgroup manager operations. Broken down by method.", "operation_type");

    public string ParentOf(Pod pod) => cgroups.ParentOf(pod);

    public async Task EnsureAsync(Pod pod, CancellationToken cancellationToken)
    {
        using var timer = _durations.WithLabels("create").NewTimer(time);
        await cgroups.EnsureAsync(pod, cancellationToken);
    }

    public async Task RemoveAsync(Pod pod, CancellationToken cancellationToken)
    {
        using var timer = _durations.WithLabels("destroy").NewTimer(time);
        await cgroups.RemoveAsync(pod, cancellationToken);
    }

    public Task RemoveOrphansAsync(Func<PodUid, bool> isKnown, CancellationToken cancellationToken) => cgroups.RemoveOrphansAsync(isKnown, cancellationToken);
}
