using Mono.Unix.Native;

namespace NodeAgent.Kubelet.Host;

/// <summary>How full a file system is.</summary>
/// <param name="AvailableBytes">For processes without privileges.</param>
internal readonly record struct FileSystemUse(long CapacityBytes, long AvailableBytes, long Inodes, long InodesFree)
{
    /// <param name="path">Any file or folder on it.</param>
    /// <exception cref="IOException">The file system does not answer.</exception>
    public static FileSystemUse Of(string path)
    {
        if (Syscall.statvfs(path, out var answer) != 0)
        {
            throw new IOException($"statvfs {path}: {Stdlib.strerror(Stdlib.GetLastError())}");
        }

        var block = (long)answer.f_frsize;
        return new FileSystemUse((long)answer.f_blocks * block, (long)answer.f_bavail * block, (long)answer.f_files, (long)answer.f_ffree);
    }
}
