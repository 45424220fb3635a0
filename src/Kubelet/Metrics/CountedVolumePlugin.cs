using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Volumes;

namespace NodeAgent.Kubelet.Metrics;

internal sealed class CountedVolumePlugin(IVolumePlugin plugin, VolumeMetrics metrics) : IVolumePlugin
{
    public string Name => plugin.Name;

    public bool Supports(VolumeSpec spec) => plugin.Supports(spec);

    public Task<ReadyVolume> SetUpAsync(VolumeContext context, CancellationToken cancellationToken) =>
        metrics.MountAsync(context.Pod.Uid(), Name, context.Spec.Name, () => plugin.SetUpAsync(context, cancellationToken));

    public Task TearDownAsync(PodUid pod, string name, string directory, CancellationToken cancellationToken) =>
        metrics.UnmountAsync(pod, Name, name, () => plugin.TearDownAsync(pod, name, directory, cancellationToken));
}
