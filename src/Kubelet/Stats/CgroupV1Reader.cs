namespace NodeAgent.Kubelet.Stats;

/// <summary>cgroup v1: one hierarchy per controller.</summary>
internal sealed class CgroupV1Reader(TimeProvider time, string mountPoint = "/sys/fs/cgroup") : ICgroupReader
{
    // USER_HZ is 100 on every architecture that .NET runs on.
    private const ulong NanosecondsPerTick = 10_000_000;

    /// <summary>What the kernel shows for no limit is about 2^63, rounded to pages.</summary>
    private const ulong NoLimit = 1UL << 62;

    private readonly CgroupFile _files = new();

    public CgroupSample? Read(string cgroup, UsageDetail detail)
    {
        var memory = Folder("memory", cgroup);
        if (!Directory.Exists(memory))
        {
            return null;
        }

        var sample = ReadMemory(memory, new CgroupSample(time.GetUtcNow()) { CpuNanoseconds = _files.Number(Folder("cpuacct", cgroup), "cpuacct.usage") ?? 0 });
        if (detail >= UsageDetail.Summary)
        {
            sample = sample with { Threads = _files.Number(Folder("pids", cgroup), "pids.current") };
        }

        return detail < UsageDetail.All ? sample : ReadLimitsAndDevices(cgroup, memory, ReadCpu(cgroup, sample));
    }

    public IReadOnlyList<string> Children(string cgroup) => CgroupFolders.Children(Folder("memory", cgroup));

    public IReadOnlyList<int> Processes(string cgroup) => CgroupFolders.Processes(_files, Folder("memory", cgroup));

    private static ulong? Limit(ulong? value) => value >= NoLimit ? null : value;

    private string Folder(string controller, string cgroup) => Path.Combine(mountPoint, controller, cgroup.TrimStart('/'));

    private CgroupSample ReadMemory(string folder, CgroupSample sample)
    {
        var usage = _files.Read(folder, "memory.stat");
        sample = sample with
        {
            Cache = CgroupFile.Field(usage, "total_cache"u8) ?? 0,
            Rss = CgroupFile.Field(usage, "total_rss"u8) ?? 0,
            Swap = CgroupFile.Field(usage, "total_swap"u8),
            MappedFile = CgroupFile.Field(usage, "total_mapped_file"u8) ?? 0,
            ActiveFile = CgroupFile.Field(usage, "total_active_file"u8) ?? 0,
            InactiveFile = CgroupFile.Field(usage, "total_inactive_file"u8) ?? 0,
            PageFaults = CgroupFile.Field(usage, "total_pgfault"u8) ?? 0,
            MajorPageFaults = CgroupFile.Field(usage, "total_pgmajfault"u8) ?? 0,
        };
        var (limit, limitWithSwap) = (Limit(_files.Number(folder, "memory.limit_in_bytes")), Limit(_files.Number(folder, "memory.memsw.limit_in_bytes")));
        return sample with
        {
            MemoryUsage = _files.Number(folder, "memory.usage_in_bytes") ?? 0,
            MemoryLimit = limit,
            SwapLimit = limit is { } bytes && limitWithSwap is { } withSwap && withSwap >= bytes ? withSwap - bytes : null,
        };
    }

    private CgroupSample ReadCpu(string cgroup, CgroupSample sample)
    {
        var times = _files.Read(Folder("cpuacct", cgroup), "cpuacct.stat");
        sample = sample with
        {
            UserNanoseconds = (CgroupFile.Field(times, "user"u8) ?? 0) * NanosecondsPerTick,
            SystemNanoseconds = (CgroupFile.Field(times, "system"u8) ?? 0) * NanosecondsPerTick,
        };
        var cpu = Folder("cpu", cgroup);
        var throttling = _files.Read(cpu, "cpu.stat");
        sample = sample with
        {
            CfsPeriods = CgroupFile.Field(throttling, "nr_periods"u8) ?? 0,
            CfsThrottledPeriods = CgroupFile.Field(throttling, "nr_throttled"u8) ?? 0,
            CfsThrottledNanoseconds = CgroupFile.Field(throttling, "throttled_time"u8) ?? 0,
            CfsBurstPeriods = CgroupFile.Field(throttling, "nr_bursts"u8) ?? 0,
            CfsBurstNanoseconds = CgroupFile.Field(throttling, "burst_time"u8) ?? 0,
        };
        return sample with
        {
            CpuShares = _files.Number(cpu, "cpu.shares"),

            // -1, which is no number here, for none.
            CpuQuota = _files.Number(cpu, "cpu.cfs_quota_us"),
            CpuPeriod = _files.Number(cpu, "cpu.cfs_period_us"),
        };
    }

    private CgroupSample ReadLimitsAndDevices(string cgroup, string memory, CgroupSample sample) => sample with
    {
        CreatedAt = Directory.GetCreationTimeUtc(memory),
        MemoryPeak = _files.Number(memory, "memory.max_usage_in_bytes") ?? 0,
        MemoryFailures = _files.Number(memory, "memory.failcnt") ?? 0,
        KernelMemory = _files.Number(memory, "memory.kmem.usage_in_bytes") ?? 0,
        MemoryReservation = Limit(_files.Number(memory, "memory.soft_limit_in_bytes")),
        OomKills = CgroupFile.Field(_files.Read(memory, "memory.oom_control"), "oom_kill"u8) ?? 0,
        ThreadLimit = Limit(_files.Number(Folder("pids", cgroup), "pids.max")),
        Io = ReadIo(Folder("blkio", cgroup)),
    };

    private List<DeviceIo> ReadIo(string folder)
    {
        var devices = new List<DeviceIo>();
        Merge(devices, _files.Read(folder, "blkio.throttle.io_service_bytes_recursive"), static (ref io, isRead, value) => _ = isRead ? io.ReadBytes = value : io.WriteBytes = value);
        Merge(devices, _files.Read(folder, "blkio.throttle.io_serviced_recursive"), static (ref io, isRead, value) => _ = isRead ? io.Reads = value : io.Writes = value);
        return devices;
    }

    private static void Merge(List<DeviceIo> devices, ReadOnlySpan<byte> content, IoSetter set)
    {
        while (CgroupFile.TryLine(ref content, out var line))
        {
            var device = CgroupFile.Word(ref line);
            var operation = CgroupFile.Word(ref line);
            var (isRead, isWrite) = (operation.SequenceEqual("Read"u8), operation.SequenceEqual("Write"u8));
            var colon = device.IndexOf((byte)':');
            if ((!isRead && !isWrite) || colon < 0 || CgroupFile.ParseNumber(device[..colon]) is not { } major
                || CgroupFile.ParseNumber(device[(colon + 1)..]) is not { } minor || CgroupFile.ParseNumber(line) is not { } value)
            {
                continue;
            }

            var index = devices.FindIndex(d => d.Major == major && d.Minor == minor);
            var io = index < 0 ? new DeviceIo((uint)major, (uint)minor) : devices[index];
            set(ref io, isRead, value);
            if (index < 0)
            {
                devices.Add(io);
            }
            else
            {
                devices[index] = io;
            }
        }
    }

    private delegate void IoSetter(ref DeviceIo io, bool isRead, ulong value);
}
