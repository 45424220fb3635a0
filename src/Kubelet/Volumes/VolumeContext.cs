using NodeAgent.Kubelet.Containers;

namespace NodeAgent.Kubelet.Volumes;

/// <param name="Directory">Where the volume lies on the host; made by the plugin when it needs it.</param>
/// <param name="Fields">What downward API volumes read.</param>
internal sealed record VolumeContext(Pod Pod, VolumeSpec Spec, string Directory, DownwardFields Fields)
{
    public Volume Volume => Spec.Volume;

    public int? FsGroup => Pod.Spec.SecurityContext is { HasFsGroup: true } context ? (int)context.FsGroup : null;

    /// <summary>Whether a volume whose root has the right owner already is left as it is.</summary>
    public bool OnRootMismatchOnly => Pod.Spec.SecurityContext?.FsGroupChangePolicy == "OnRootMismatch";
}
