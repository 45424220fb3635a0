namespace NodeAgent.Kubelet.Volumes;

/// <summary>A volume of a pod with what its claim leads to.</summary>
/// <param name="Name">Names its folder: the persistent volume's name, or that of the pod's volume.</param>
/// <param name="Volume">As the pod has it.</param>
/// <param name="Persistent">What the claim is bound to; null for a volume without a claim.</param>
/// <param name="Claim">Null for a volume without a claim.</param>
/// <param name="IsBlock">Containers get a device, not a file system.</param>
internal sealed record VolumeSpec(string Name, Volume Volume, PersistentVolume? Persistent = null, PersistentVolumeClaim? Claim = null, bool IsBlock = false)
{
    public static VolumeSpec Of(Volume volume) => new(volume.Name, volume);

    public VolumeSource Source => Volume.VolumeSource ?? new VolumeSource();

    public PersistentVolumeSource? PersistentSource => Persistent?.Spec?.PersistentVolumeSource;

    /// <summary>Whether the claim's user asked for it to be read-only.</summary>
    public bool IsClaimReadOnly => Source.PersistentVolumeClaim is { ReadOnly: true };
}
