using NodeAgent.Kubelet.Host;

namespace NodeAgent.Kubelet.Volumes;

/// <summary>The folder of a volume that lives as long as its pod: open to all, since what is in it has modes of its own.</summary>
internal static class VolumeRoot
{
    private const UnixFileMode OpenToAll =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Makes it and gives it to the pod's fsGroup, unless it is there.</summary>
    /// <param name="mount">Mounts a file system of the volume's own on it, whose root keeps the mode that the kernel gives it; null for none.</param>
    public static void Make(VolumeContext context, Action? mount)
    {
        var isNew = !Directory.Exists(context.Directory);
        Directory.CreateDirectory(context.Directory);
        if (isNew)
        {
            File.SetUnixFileMode(context.Directory, OpenToAll);
        }

        if (mount is not null && !MountTable.IsMountPoint(context.Directory))
        {
            mount();
            isNew = true;
        }

        if (isNew)
        {
            VolumeOwnership.Apply(context.Directory, context.FsGroup);
        }
    }
}
