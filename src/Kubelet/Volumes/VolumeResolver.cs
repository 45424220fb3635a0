using NodeAgent.Kubelet.Containers;

namespace NodeAgent.Kubelet.Volumes;

/// <summary>From a pod's volume to what it is in the end: claims are followed to the persistent volumes that they are bound to.</summary>
internal sealed class VolumeResolver(IReferencedObjects objects)
{
    /// <exception cref="VolumeException">The claim is not there, not bound or not the pod's; or the volume is used as what it is not.</exception>
    public async Task<VolumeSpec> ResolveAsync(Pod pod, Volume volume, CancellationToken cancellationToken)
    {
        if (ClaimName(pod, volume) is not { } name)
        {
            return VolumeSpec.Of(volume);
        }

        var ns = pod.Metadata.Namespace;
        var claim = await objects.FindAsync(KubeApi.Resources.PersistentVolumeClaims, ns, name, cancellationToken)
            ?? throw Failed(ns, name, $"failed to fetch PVC from API server: persistentvolumeclaims \"{name}\" not found");
        if (volume.VolumeSource.Ephemeral is not null && !claim.Metadata.OwnerReferences.Any(o => o.Uid == pod.Metadata.Uid && o.Controller))
        {
            throw Failed(ns, name, $"PVC {ns}/{name} was not created for pod {ns}/{pod.Metadata.Name} (pod is not owner)");
        }

        if (claim.Metadata.DeletionTimestamp is not null)
        {
            throw Failed(ns, name, "PVC is being deleted");
        }

        if (claim.Status?.Phase != "Bound" || claim.Spec.VolumeName.Length == 0)
        {
            throw Failed(ns, name, "PVC is not bound");
        }

        var volumeName = claim.Spec.VolumeName;
        var persistent = await objects.FindAsync(KubeApi.Resources.PersistentVolumes, null, volumeName, cancellationToken)
            ?? throw Failed(ns, name, $"failed to find PV {volumeName} in PersistentVolume store: it does not exist");
        if (persistent.Spec.ClaimRef?.Uid is { Length: > 0 } uid && uid != claim.Metadata.Uid)
        {
            throw Failed(ns, name, $"found PV object {volumeName} with a pvc.Spec.ClaimRef.UID {uid} that does not point to claim {claim.Metadata.Uid}");
        }

        var isBlock = claim.Spec.VolumeMode == "Block";
        CheckUse(pod, volume, isBlock);
        return new VolumeSpec(volumeName, volume, persistent, claim, isBlock);
    }

    /// <returns>Null for a volume without a claim.</returns>
    public static string? ClaimName(Pod pod, Volume volume) => volume.VolumeSource switch
    {
        { PersistentVolumeClaim: { } source } => source.ClaimName,
        { Ephemeral: not null } => $"{pod.Metadata.Name}-{volume.Name}",
        _ => null,
    };

    private static void CheckUse(Pod pod, Volume volume, bool isBlock)
    {
        var containers = pod.Spec.InitContainers.Concat(pod.Spec.Containers).ToList();
        if (isBlock && containers.Any(c => c.VolumeMounts.Any(m => m.Name == volume.Name)))
        {
            throw new VolumeException($"volume {volume.Name} has volumeMode Block, but is specified in volumeMounts");
        }

        if (!isBlock && containers.Any(c => c.VolumeDevices.Any(d => d.Name == volume.Name)))
        {
            throw new VolumeException($"volume {volume.Name} has volumeMode Filesystem, but is specified in volumeDevices");
        }
    }

    private static VolumeException Failed(string ns, string name, string why) => new($"error processing PVC {ns}/{name}: {why}");
}
