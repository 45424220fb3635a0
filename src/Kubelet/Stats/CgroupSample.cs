namespace NodeAgent.Kubelet.Stats;

/// <summary>What the kernel has counted for one cgroup and all below it, and the limits it was given. Null: the host does not tell.</summary>
internal sealed record CgroupSample(DateTimeOffset At)
{
    public DateTimeOffset CreatedAt { get; init; }

    public ulong CpuNanoseconds { get; init; }

    public ulong UserNanoseconds { get; init; }

    public ulong SystemNanoseconds { get; init; }

    public ulong CfsPeriods { get; init; }

    public ulong CfsThrottledPeriods { get; init; }

    public ulong CfsThrottledNanoseconds { get; init; }

    public ulong CfsBurstPeriods { get; init; }

    public ulong CfsBurstNanoseconds { get; init; }

    public ulong? CpuShares { get; init; }

    /// <summary>In microseconds per period; null for none.</summary>
    public ulong? CpuQuota { get; init; }

    public ulong? CpuPeriod { get; init; }

    public ulong MemoryUsage { get; init; }

    /// <summary>What cannot be had back at once: usage less the file cache that nobody used lately.</summary>
    public ulong WorkingSet => MemoryUsage > InactiveFile ? MemoryUsage - InactiveFile : 0;

    public ulong MemoryPeak { get; init; }

    public ulong MemoryFailures { get; init; }

    public ulong Cache { get; init; }

    public ulong Rss { get; init; }

    public ulong? Swap { get; init; }

    public ulong MappedFile { get; init; }

    public ulong KernelMemory { get; init; }

    public ulong ActiveFile { get; init; }

    public ulong InactiveFile { get; init; }

    public ulong PageFaults { get; init; }

    public ulong MajorPageFaults { get; init; }

    /// <summary>In bytes; null for none.</summary>
    public ulong? MemoryLimit { get; init; }

    public ulong? SwapLimit { get; init; }

    public ulong? MemoryReservation { get; init; }

    public ulong OomKills { get; init; }

    /// <summary>Threads, as the pids controller counts them.</summary>
    public ulong? Threads { get; init; }

    /// <summary>Null for no limit.</summary>
    public ulong? ThreadLimit { get; init; }

    public IReadOnlyList<DeviceIo> Io { get; init; } = [];

    public Pressure? CpuPressure { get; init; }

    public Pressure? MemoryPressure { get; init; }

    public Pressure? IoPressure { get; init; }
}
