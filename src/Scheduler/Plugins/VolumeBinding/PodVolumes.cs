using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Storage.V1;

namespace NodeAgent.Scheduler.Plugins.VolumeBinding;

/// <summary>What has to be done on one node before the pod's claims are bound.</summary>
/// <param name="Static">Claims and the existing volumes chosen for them.</param>
/// <param name="Provisions">Claims for which volumes are to be made, with the capacity that they come out of where it is known.</param>
internal sealed record PodVolumes(
    IReadOnlyList<(PersistentVolumeClaim Claim, PersistentVolume Volume)> Static,
    IReadOnlyList<(PersistentVolumeClaim Claim, CSIStorageCapacity? Capacity)> Provisions)
{
    public static PodVolumes None { get; } = new([], []);
}
