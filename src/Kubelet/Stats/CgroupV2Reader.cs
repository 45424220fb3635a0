namespace NodeAgent.Kubelet.Stats;

/// <summary>The unified hierarchy of cgroup v2.</summary>
internal sealed class CgroupV2Reader(TimeProvider time, string mountPoint = "/sys/fs/cgroup") : ICgroupReader
{
    private const ulong NanosecondsPerMicrosecond = 1000;

    // The kernel's own conversion between the scales of v1 (2 to 262144) and v2 (1 to 10000).
    private const ulong SharesSpan = 262142;
    private const ulong WeightSpan = 9999;

    private readonly CgroupFile _files = new();

    public CgroupSample? Read(string cgroup, UsageDetail detail)
    {
        var folder = Folder(cgroup);
        if (!Directory.Exists(folder))
        {
            return null;
        }

        var sample = ReadMemory(folder, ReadCpu(folder, new CgroupSample(time.GetUtcNow())));
        if (detail >= UsageDetail.Summary)
        {
            sample = sample with
            {
                Threads = _files.Number(folder, "pids.current"),
                CpuPressure = Pressure.Parse(_files.Read(folder, "cpu.pressure")),
                MemoryPressure = Pressure.Parse(_files.Read(folder, "memory.pressure")),
                IoPressure = Pressure.Parse(_files.Read(folder, "io.pressure")),
            };
        }

        return detail < UsageDetail.All ? sample : ReadLimitsAndDevices(folder, sample);
    }

    public IReadOnlyList<string> Children(string cgroup) => CgroupFolders.Children(Folder(cgroup));

    public IReadOnlyList<int> Processes(string cgroup) => CgroupFolders.Processes(_files, Folder(cgroup));

    private static ulong? Limit(ulong? value) => value == ulong.MaxValue ? null : value;

    private string Folder(string cgroup) => Path.Combine(mountPoint, cgroup.TrimStart('/'));

    private CgroupSample ReadCpu(string folder, CgroupSample sample)
    {
        var cpu = _files.Read(folder, "cpu.stat");
        return sample with
        {
            CpuNanoseconds = (CgroupFile.Field(cpu, "usage_usec"u8) ?? 0) * NanosecondsPerMicrosecond,
            UserNanoseconds = (CgroupFile.Field(cpu, "user_usec"u8) ?? 0) * NanosecondsPerMicrosecond,
            SystemNanoseconds = (CgroupFile.Field(cpu, "system_usec"u8) ?? 0) * NanosecondsPerMicrosecond,
            CfsPeriods = CgroupFile.Field(cpu, "nr_periods"u8) ?? 0,
            CfsThrottledPeriods = CgroupFile.Field(cpu, "nr_throttled"u8) ?? 0,
            CfsThrottledNanoseconds = (CgroupFile.Field(cpu, "throttled_usec"u8) ?? 0) * NanosecondsPerMicrosecond,
            CfsBurstPeriods = CgroupFile.Field(cpu, "nr_bursts"u8) ?? 0,
            CfsBurstNanoseconds = (CgroupFile.Field(cpu, "burst_usec"u8) ?? 0) * NanosecondsPerMicrosecond,
        };
    }

    private CgroupSample ReadMemory(string folder, CgroupSample sample)
    {
        var usage = _files.Read(folder, "memory.stat");
        sample = sample with
        {
            Cache = CgroupFile.Field(usage, "file"u8) ?? 0,
            Rss = CgroupFile.Field(usage, "anon"u8) ?? 0,
            MappedFile = CgroupFile.Field(usage, "file_mapped"u8) ?? 0,
            KernelMemory = CgroupFile.Field(usage, "kernel"u8) ?? 0,
            ActiveFile = CgroupFile.Field(usage, "active_file"u8) ?? 0,
            InactiveFile = CgroupFile.Field(usage, "inactive_file"u8) ?? 0,
            PageFaults = CgroupFile.Field(usage, "pgfault"u8) ?? 0,
            MajorPageFaults = CgroupFile.Field(usage, "pgmajfault"u8) ?? 0,
        };
        return sample with
        {
            MemoryUsage = _files.Number(folder, "memory.current") ?? 0,
            MemoryLimit = Limit(_files.Number(folder, "memory.max")),
            Swap = _files.Number(folder, "memory.swap.current"),
            SwapLimit = Limit(_files.Number(folder, "memory.swap.max")),
        };
    }

    private CgroupSample ReadLimitsAndDevices(string folder, CgroupSample sample)
    {
        var events = _files.Read(folder, "memory.events");
        sample = sample with
        {
            MemoryFailures = CgroupFile.Field(events, "max"u8) ?? 0,
            OomKills = CgroupFile.Field(events, "oom_kill"u8) ?? 0,
        };
        var (quota, period) = ReadCpuMax(folder);
        var weight = _files.Number(folder, "cpu.weight");
        return sample with
        {
            CreatedAt = Directory.GetCreationTimeUtc(folder),
            CpuShares = weight is > 0 and { } w ? 2 + ((w - 1) * SharesSpan / WeightSpan) : null,
            CpuQuota = quota,
            CpuPeriod = period,
            MemoryPeak = _files.Number(folder, "memory.peak") ?? 0,
            MemoryReservation = Limit(_files.Number(folder, "memory.low")),
            ThreadLimit = Limit(_files.Number(folder, "pids.max")),
            Io = ReadIo(folder),
        };
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
