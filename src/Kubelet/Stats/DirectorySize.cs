namespace NodeAgent.Kubelet.Stats;

/// <summary>Adds up the files below a folder, as du does: blocks on disk, each file once. It may take long; not to be called by a scrape.</summary>
internal static class DirectorySize
{
    private const ulong BlockSize = 512;

    /// <returns>Zeros when the folder is not there.</returns>
    public static (ulong Bytes, ulong Inodes) Of(string folder, CancellationToken cancellationToken)
    {
        var seen = new HashSet<ulong>();
        if (Mono.Unix.Native.Syscall.lstat(folder, out var top) != 0)
        {
            return (0, 0);
        }

        var (bytes, inodes) = ((ulong)top.st_blocks * BlockSize, 1UL);
        var pending = new Stack<string>([folder]);
        while (pending.TryPop(out var current))
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var entry in Entries(current))
            {
                // Gone in the meantime, or another file system's: that is not this folder's use.
                if (Mono.Unix.Native.Syscall.lstat(entry, out var stat) != 0 || stat.st_dev != top.st_dev || (stat.st_nlink > 1 && !IsFolder(stat) && !seen.Add(stat.st_ino)))
                {
                    continue;
                }

                bytes += (ulong)stat.st_blocks * BlockSize;
                inodes++;
                if (IsFolder(stat))
                {
                    pending.Push(entry);
                }
            }
        }

        return (bytes, inodes);
    }

    private static bool IsFolder(Mono.Unix.Native.Stat stat) =>
        (stat.st_mode & Mono.Unix.Native.FilePermissions.S_IFMT) == Mono.Unix.Native.FilePermissions.S_IFDIR;

    private static string[] Entries(string folder)
    {
        try
        {
            return Directory.GetFileSystemEntries(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
