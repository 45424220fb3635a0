using NodeAgent.Kubelet.Host;

namespace NodeAgent.Kubelet.Volumes;

/// <summary>Unmounts, and says who stands in the way.</summary>
internal static class Unmounting
{
    /// <exception cref="VolumeException">One is in use; the message names by whom. Those before it are unmounted.</exception>
    public static void AllBelow(string directory)
    {
        foreach (var mount in MountTable.Below(directory))
        {
            try
            {
                Libc.Unmount(mount);
            }
            catch (IOException e)
            {
                var holders = MountHolders.Find(mount);
                throw new VolumeException(holders.Count == 0 ? e.Message : $"{e.Message}; held by {string.Join(", ", holders)}", e);
            }
        }
    }

    /// <summary>
    /// Removes a folder with all that is in it, and stops at whatever is on another file system: a mount that appeared
    /// meanwhile loses nothing.
    /// </summary>
    /// <exception cref="VolumeException">Something is mounted in it.</exception>
    public static void RemoveTree(string directory)
    {
        if (Mono.Unix.Native.Syscall.lstat(directory, out var root) != 0)
        {
            return;
        }

        RemoveTree(directory, root.st_dev);
    }

    private static void RemoveTree(string directory, ulong device)
    {
        foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0 }).ToList())
        {
            if (Mono.Unix.Native.Syscall.lstat(entry.FullName, out var stat) != 0)
            {
                continue;
            }

            if (stat.st_dev != device)
            {
                throw new VolumeException($"{entry.FullName} is a mount point; the folder {directory} is left as it is");
            }

            if ((stat.st_mode & Mono.Unix.Native.FilePermissions.S_IFMT) == Mono.Unix.Native.FilePermissions.S_IFDIR)
            {
                RemoveTree(entry.FullName, device);
            }
            else
            {
                File.Delete(entry.FullName);
            }
        }

        // An empty folder only: a bind mount of the same file system is refused by the kernel as busy.
        Directory.Delete(directory);
    }
}
