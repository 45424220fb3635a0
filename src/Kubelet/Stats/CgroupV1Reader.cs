namespace NodeAgent.Kubelet.Stats;

/// <summary>cgroup v1: one hierarchy per controller.</summary>
internal sealed class CgroupV1Reader(TimeProvider time, string mountPoint = "/sys/fs/cgroup") : ICgroupReader
{
    // USER_HZ is 100 on every architecture that .NET runs on.
    private const ulong NanosecondsPerTick = 10_000_000;

    /// <summary>What the kernel shows for no limit is about 2^63, rounded to pages.</summary>
    private const ulong NoLimit = 1UL << 62;

    private readonly CgroupFile _files = new();

    public CgroupSample? Read(string cgroup)
    {
        var (cpu, account, memory, pids) = (Folder("cpu", cgroup), Folder("cpuacct", cgroup), Folder("memory", cgroup), Folder("pids", cgroup));
        if (!Directory.Exists(memory))
        {
            return null;
        }

        var usage = new Dictionary<string, ulong>();
        ReadPairs(memory, "memory.stat", usage, "total_");
        var times = new Dictionary<string, ulong>();
        ReadPairs(account, "cpuacct.stat", times);
        var throttling = new Dictionary<string, ulong>();
        ReadPairs(cpu, "cpu.stat", throttling);
        var oom = new Dictionary<string, ulong>();
        ReadPairs(memory, "memory.oom_control", oom);
        var (limit, limitWithSwap) = (Limit(_files.Number(memory, "memory.limit_in_bytes")), Limit(_files.Number(memory, "memory.memsw.limit_in_bytes")));
        return new CgroupSample(time.GetUtcNow())
        {
            CreatedAt = Directory.GetCreationTimeUtc(memory),
            CpuNanoseconds = _files.Number(account, "cpuacct.usage") ?? 0,
            UserNanoseconds = times.GetValueOrDefault("user") * NanosecondsPerTick,
            SystemNanoseconds = times.GetValueOrDefault("system") * NanosecondsPerTick,
            CfsPeriods = throttling.GetValueOrDefault("nr_periods"),
            CfsThrottledPeriods = throttling.GetValueOrDefault("nr_throttled"),
            CfsThrottledNanoseconds = throttling.GetValueOrDefault("throttled_time"),
            CfsBurstPeriods = throttling.GetValueOrDefault("nr_bursts"),
            CfsBurstNanoseconds = throttling.GetValueOrDefault("burst_time"),
            CpuShares = _files.Number(cpu, "cpu.shares"),

            // -1, which is no number here, for none.
            CpuQuota = _files.Number(cpu, "cpu.cfs_quota_us"),
            CpuPeriod = _files.Number(cpu, "cpu.cfs_period_us"),
            MemoryUsage = _files.Number(memory, "memory.usage_in_bytes") ?? 0,
            MemoryPeak = _files.Number(memory, "memory.max_usage_in_bytes") ?? 0,
            MemoryFailures = _files.Number(memory, "memory.failcnt") ?? 0,
            Cache = usage.GetValueOrDefault("cache"),
            Rss = usage.GetValueOrDefault("rss"),
            Swap = usage.TryGetValue("swap", out var swap) ? swap : null,
            MappedFile = usage.GetValueOrDefault("mapped_file"),
            KernelMemory = _files.Number(memory, "memory.kmem.usage_in_bytes") ?? 0,
            ActiveFile = usage.GetValueOrDefault("active_file"),
            InactiveFile = usage.GetValueOrDefault("inactive_file"),
            PageFaults = usage.GetValueOrDefault("pgfault"),
            MajorPageFaults = usage.GetValueOrDefault("pgmajfault"),
            MemoryLimit = limit,
            SwapLimit = limit is { } bytes && limitWithSwap is { } withSwap && withSwap >= bytes ? withSwap - bytes : null,
            MemoryReservation = Limit(_files.Number(memory, "memory.soft_limit_in_bytes")),
            OomKills = oom.GetValueOrDefault("oom_kill"),
            Threads = _files.Number(pids, "pids.current"),
            ThreadLimit = Limit(_files.Number(pids, "pids.max")),
            Io = ReadIo(Folder("blkio", cgroup)),
        };
    }

    public IReadOnlyList<string> Children(string cgroup) => CgroupFolders.Children(Folder("memory", cgroup));

    public IReadOnlyList<int> Processes(string cgroup) => CgroupFolders.Processes(_files, Folder("memory", cgroup));

    private static ulong? Limit(ulong? value) => value >= NoLimit ? null : value;

    private string Folder(string controller, string cgroup) => Path.Combine(mountPoint, controller, cgroup.TrimStart('/'));

    /// <param name="folder">The cgroup's.</param>
    /// <param name="name">The file's.</param>
    /// <param name="pairs">Where they go.</param>
    /// <param name="prefix">Taken off the names; names without it are passed over.</param>
    private void ReadPairs(string folder, string name, Dictionary<string, ulong> pairs, string prefix = "")
    {
        var content = _files.Read(folder, name);
        Span<byte> wanted = stackalloc byte[prefix.Length];
        System.Text.Encoding.ASCII.GetBytes(prefix, wanted);
        while (CgroupFile.TryLine(ref content, out var line))
        {
            var key = CgroupFile.Word(ref line);
            if (key.StartsWith(wanted) && CgroupFile.ParseNumber(line) is { } value)
            {
                pairs[System.Text.Encoding.ASCII.GetString(key[wanted.Length..])] = value;
            }
        }
    }

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
