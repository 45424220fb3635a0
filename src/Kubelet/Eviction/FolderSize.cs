using Mono.Unix.Native;

namespace NodeAgent.Kubelet.Eviction;

/// <summary>What the files below a folder take, without other file systems that are mounted in it.</summary>
internal static class FolderSize
{
    public static (long Bytes, long Inodes) Of(string folder)
    {
        if (Syscall.lstat(folder, out var root) != 0)
        {
            return (0, 0);
        }

        var (bytes, inodes) = (0L, 0L);
        Stack<string> folders = new([folder]);
        while (folders.TryPop(out var next))
        {
            IEnumerable<string> entries;
            try
            {
                entries = Directory.GetFileSystemEntries(next);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Gone while it was looked at.
                continue;
            }

            foreach (var entry in entries)
            {
                if (Syscall.lstat(entry, out var stat) != 0 || stat.st_dev != root.st_dev)
                {
                    continue;
                }

                bytes += stat.st_blocks * 512;
                inodes++;
                if ((stat.st_mode & FilePermissions.S_IFMT) == FilePermissions.S_IFDIR)
                {
                    folders.Push(entry);
                }
            }
        }

        return (bytes, inodes);
    }
}
