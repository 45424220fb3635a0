using NodeAgent.Kubelet.Host;

namespace NodeAgent.Kubelet.Volumes;

/// <summary>Gives a volume to the pod's fsGroup: the group owns it, may write, and new files inherit it.</summary>
internal static class VolumeOwnership
{
    public static void Apply(string directory, int? fsGroup)
    {
        if (fsGroup is not { } group)
        {
            return;
        }

        ApplyTo(directory, group);
        foreach (var entry in Directory.EnumerateFileSystemEntries(directory, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }))
        {
            ApplyTo(entry, group);
        }
    }

    private static void ApplyTo(string path, int group)
    {
        Libc.ChangeOwner(path, -1, group);
        var info = new FileInfo(path);
        if (info.LinkTarget is not null)
        {
            return;
        }

        var mode = File.GetUnixFileMode(path) | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
        File.SetUnixFileMode(path, Directory.Exists(path) ? mode | UnixFileMode.GroupExecute | UnixFileMode.SetGroup : mode);
    }
}
