using NodeAgent.Kubelet.Host;

namespace NodeAgent.Kubelet.Volumes;

/// <summary>Gives a volume to the pod's fsGroup: the group owns it, may read and, unless it is read-only, write, and new files inherit it.</summary>
internal static class VolumeOwnership
{
    private const UnixFileMode Writable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.GroupRead;
    private const UnixFileMode Enterable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.SetGroup;

    /// <param name="onRootMismatch">Nothing is done when the root has group and mode already.</param>
    public static void Apply(string directory, int? fsGroup, bool readOnly = false, bool onRootMismatch = false)
    {
        if (fsGroup is not { } group)
        {
            return;
        }

        var mask = readOnly ? Readable : Writable;
        if (onRootMismatch && HasAlready(directory, group, mask | Enterable))
        {
            return;
        }

        // The root comes last: one that is right says that everything below it is.
        foreach (var entry in Directory.EnumerateFileSystemEntries(directory, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }))
        {
            ApplyTo(entry, group, mask);
        }

        ApplyTo(directory, group, mask);
    }

    private static bool HasAlready(string directory, int group, UnixFileMode mask) =>
        Mono.Unix.Native.Syscall.stat(directory, out var stat) == 0 && stat.st_gid == (uint)group && (File.GetUnixFileMode(directory) & mask) == mask;

    private static void ApplyTo(string path, int group, UnixFileMode mask)
    {
        Libc.ChangeOwner(path, -1, group);
        if (new FileInfo(path).LinkTarget is null)
        {
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) | (Directory.Exists(path) ? mask | Enterable : mask));
        }
    }
}
