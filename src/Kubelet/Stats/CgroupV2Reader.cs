namespace NodeAgent.Kubelet.Stats;

/// <summary>The unified hierarchy of cgroup v2.</summary>
internal sealed class CgroupV2Reader(TimeProvider time, string mountPoint = "/sys/fs/cgroup") : ICgroupReader
{
    private const ulong NanosecondsPerMicrosecond = 1000;

    // The kernel's own conversion between the scales of v1 (2 to 262144) and v2 (1 to 10000).
    private const ulong SharesSpan = 262142;
    private const ulong WeightSpan = 9999;

    private readonly CgroupFile _files = new();

    public CgroupSample? Read(string cgroup)
    {
        var folder = Folder(cgroup);
        if (!Directory.Exists(folder))
        {
            return null;
        }

        var cpu = new Dictionary<string, ulong>();
        ReadPairs(folder, "cpu.stat", cpu);
        var memory = new Dictionary<string, ulong>();
        ReadPairs(folder, "memory.stat", memory);
        var events = new Dictionary<string, ulong>();
        ReadPairs(folder, "memory.events", events);
        var (quota, period) = ReadCpuMax(folder);
        var weight = _files.Number(folder, "cpu.weight");
        return new CgroupSample(time.GetUtcNow())
        {
            CreatedAt = Directory.GetCreationTimeUtc(folder),
            CpuNanoseconds = cpu.GetValueOrDefault("usage_usec") * NanosecondsPerMicrosecond,
            UserNanoseconds = cpu.GetValueOrDefault("user_usec") * NanosecondsPerMicrosecond,
            SystemNanoseconds = cpu.GetValueOrDefault("system_usec") * NanosecondsPerMicrosecond,
            CfsPeriods = cpu.GetValueOrDefault("nr_periods"),
            CfsThrottledPeriods = cpu.GetValueOrDefault("nr_throttled"),
            CfsThrottledNanoseconds = cpu.GetValueOrDefault("throttled_usec") * NanosecondsPerMicrosecond,
            CfsBurstPeriods = cpu.GetValueOrDefault("nr_bursts"),
            CfsBurstNanoseconds = cpu.GetValueOrDefault("burst_usec") * NanosecondsPerMicrosecond,
            CpuShares = weight is > 0 and { } w ? 2 + ((w - 1) * SharesSpan / WeightSpan) : null,
            CpuQuota = quota,
            CpuPeriod = period,
            MemoryUsage = _files.Number(folder, "memory.current") ?? 0,
            MemoryPeak = _files.Number(folder, "memory.peak") ?? 0,
            MemoryFailures = events.GetValueOrDefault("max"),
            Cache = memory.GetValueOrDefault("file"),
            Rss = memory.GetValueOrDefault("anon"),
            Swap = _files.Number(folder, "memory.swap.current"),
            MappedFile = memory.GetValueOrDefault("file_mapped"),
            KernelMemory = memory.GetValueOrDefault("kernel"),
            ActiveFile = memory.GetValueOrDefault("active_file"),
            InactiveFile = memory.GetValueOrDefault("inactive_file"),
            PageFaults = memory.GetValueOrDefault("pgfault"),
            MajorPageFaults = memory.GetValueOrDefault("pgmajfault"),
            MemoryLimit = Limit(_files.Number(folder, "memory.max")),
            SwapLimit = Limit(_files.Number(folder, "memory.swap.max")),
            MemoryReservation = Limit(_files.Number(folder, "memory.low")),
            OomKills = events.GetValueOrDefault("oom_kill"),
            Threads = _files.Number(folder, "pids.current"),
            ThreadLimit = Limit(_files.Number(folder, "pids.max")),
            Io = ReadIo(folder),
            CpuPressure = Pressure.Parse(_files.Read(folder, "cpu.pressure")),
            MemoryPressure = Pressure.Parse(_files.Read(folder, "memory.pressure")),
            IoPressure = Pressure.Parse(_files.Read(folder, "io.pressure")),
        };
    }

    public IReadOnlyList<string> Children(string cgroup) => CgroupFolders.Children(Folder(cgroup));

    public IReadOnlyList<int> Processes(string cgroup) => CgroupFolders.Processes(_files, Folder(cgroup));

    private static ulong? Limit(ulong? value) => value == ulong.MaxValue ? null : value;

    private string Folder(string cgroup) => Path.Combine(mountPoint, cgroup.TrimStart('/'));

    private void ReadPairs(string folder, string name, Dictionary<string, ulong> pairs)
    {
        var content = _files.Read(folder, name);
        while (CgroupFile.TryLine(ref content, out var line))
        {
            var key = CgroupFile.Word(ref line);
            if (CgroupFile.ParseNumber(line) is { } value)
            {
                pairs[System.Text.Encoding.ASCII.GetString(key)] = value;
            }
        }
    }

    private (ulong? Quota, ulong? Period) ReadCpuMax(string folder)
    {
        var line = _files.Read(folder, "cpu.max").TrimEnd((byte)'\n');
        var quota = CgroupFile.ParseNumber(CgroupFile.Word(ref line));
        return (Limit(quota), CgroupFile.ParseNumber(line));
    }

    private List<DeviceIo> ReadIo(string folder)
    {
        var devices = new List<DeviceIo>();
        var content = _files.Read(folder, "io.stat");
        while (CgroupFile.TryLine(ref content, out var line))
        {
            var device = CgroupFile.Word(ref line);
            var colon = device.IndexOf((byte)':');
            if (colon < 0 || CgroupFile.ParseNumber(device[..colon]) is not { } major || CgroupFile.ParseNumber(device[(colon + 1)..]) is not { } minor)
            {
                continue;
            }

            var io = new DeviceIo((uint)major, (uint)minor);
            while (!line.IsEmpty)
            {
                var pair = CgroupFile.Word(ref line);
                var equals = pair.IndexOf((byte)'=');
                if (equals > 0 && CgroupFile.ParseNumber(pair[(equals + 1)..]) is { } value)
                {
                    Set(ref io, pair[..equals], value);
                }
            }

            devices.Add(io);
        }

        return devices;
    }

    private static void Set(ref DeviceIo io, ReadOnlySpan<byte> name, ulong value)
    {
        if (name.SequenceEqual("rbytes"u8))
        {
            io.ReadBytes = value;
        }
        else if (name.SequenceEqual("wbytes"u8))
        {
            io.WriteBytes = value;
        }
        else if (name.SequenceEqual("rios"u8))
        {
            io.Reads = value;
        }
        else if (name.SequenceEqual("wios"u8))
        {
            io.Writes = value;
        }
    }
}
