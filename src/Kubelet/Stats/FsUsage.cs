namespace NodeAgent.Kubelet.Stats;

/// <summary>What something takes of a file system, and what the file system has.</summary>
internal sealed record FsUsage(DateTimeOffset At, ulong UsedBytes, ulong InodesUsed)
{
    public ulong CapacityBytes { get; init; }

    public ulong AvailableBytes { get; init; }

    public ulong Inodes { get; init; }

    public ulong InodesFree { get; init; }

    /// <summary>The file system that a path lies on; used is what all of it has used.</summary>
    /// <returns>Null when the path is not there.</returns>
    public static FsUsage? OfFileSystem(string path, DateTimeOffset now)
    {
        if (Mono.Unix.Native.Syscall.statvfs(path, out var stat) != 0)
        {
            return null;
        }

        var unit = stat.f_frsize;
        return new FsUsage(now, (stat.f_blocks - stat.f_bfree) * unit, stat.f_files - stat.f_ffree)
        {
            CapacityBytes = stat.f_blocks * unit,
            AvailableBytes = stat.f_bavail * unit,
            Inodes = stat.f_files,
            InodesFree = stat.f_ffree,
        };
    }

    /// <summary>The same file system, with the part of it that something takes.</summary>
    public FsUsage WithPart(DateTimeOffset at, ulong usedBytes, ulong inodesUsed) => this with { At = at, UsedBytes = usedBytes, InodesUsed = inodesUsed };
}
