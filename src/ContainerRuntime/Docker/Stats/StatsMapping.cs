using NodeAgent.ContainerRuntime.Docker.Engine.Models;
using NodeAgent.ContainerRuntime.Docker.Mapping;
using NodeAgent.ContainerRuntime.V1;
using ContainerStatsResponse = NodeAgent.ContainerRuntime.Docker.Engine.Models.ContainerStatsResponse;

namespace NodeAgent.ContainerRuntime.Docker.Stats;

/// <summary>Docker's samples as CRI's. The names inside memory are the kernel's, and differ between cgroup v1 and v2.</summary>
internal static class StatsMapping
{
    public static CpuUsage Cpu(ContainerStatsResponse sample, CpuUsage? previous)
    {
        var usage = new CpuUsage
        {
            Timestamp = DockerTime.Nanoseconds(sample.Read),
            UsageCoreNanoSeconds = new UInt64Value { Value = sample.CPUStats?.CPUUsage?.TotalUsage ?? 0 },
        };
        if (previous is not null && usage.Timestamp > previous.Timestamp && usage.UsageCoreNanoSeconds.Value >= previous.UsageCoreNanoSeconds.Value)
        {
            var used = (double)(usage.UsageCoreNanoSeconds.Value - previous.UsageCoreNanoSeconds.Value);
            usage.UsageNanoCores = new UInt64Value { Value = (ulong)(used * 1e9 / (usage.Timestamp - previous.Timestamp)) };
        }

        return usage;
    }

    public static MemoryUsage Memory(ContainerStatsResponse sample)
    {
        var memory = sample.MemoryStats ?? new MemoryStats();
        var stats = memory.Stats ?? new Dictionary<string, ulong>();
        ulong Read(string v1, string v2) => stats.TryGetValue(v1, out var value) ? value : stats.GetValueOrDefault(v2);
        var inactive = Read("total_inactive_file", "inactive_file");
        var workingSet = memory.Usage > inactive ? memory.Usage - inactive : 0;
        return new MemoryUsage
        {
            Timestamp = DockerTime.Nanoseconds(sample.Read),
            UsageBytes = new UInt64Value { Value = memory.Usage },
            WorkingSetBytes = new UInt64Value { Value = workingSet },
            AvailableBytes = new UInt64Value { Value = Limited(memory.Limit) && memory.Limit > workingSet ? memory.Limit - workingSet : 0 },
            RssBytes = new UInt64Value { Value = Read("total_rss", "anon") },
            PageFaults = new UInt64Value { Value = Read("total_pgfault", "pgfault") },
            MajorPageFaults = new UInt64Value { Value = Read("total_pgmajfault", "pgmajfault") },
        };
    }

    /// <summary>The lines of /proc/PID/net/dev, the loopback left out. The first is taken for the pod's own.</summary>
    public static NetworkUsage Network(IEnumerable<string> lines, long timestamp)
    {
        var interfaces = lines.Select(Interface).OfType<NetworkInterfaceUsage>().ToArray();
        return new NetworkUsage
        {
            Timestamp = timestamp,
            DefaultInterface = interfaces.FirstOrDefault(i => i.Name == "eth0") ?? interfaces.FirstOrDefault(),
            Interfaces = { interfaces },
        };
    }

    /// <summary>Without a limit the kernel or the engine tells the host's memory, or a number near 2^63.</summary>
    private static bool Limited(ulong limit) => limit is > 0 and < (1UL << 60);

    private static NetworkInterfaceUsage? Interface(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? "" : line[..colon].Trim();
        if (name is "" or "lo")
        {
            return null;
        }

        var fields = line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        UInt64Value Field(int index) => new() { Value = index < fields.Length && ulong.TryParse(fields[index], out var value) ? value : 0 };
        return new NetworkInterfaceUsage { Name = name, RxBytes = Field(0), RxErrors = Field(2), TxBytes = Field(8), TxErrors = Field(10) };
    }
}
