using NodeAgent.ContainerRuntime.Docker.Engine.Models;
using NodeAgent.ContainerRuntime.Docker.Stats;

namespace NodeAgent.ContainerRuntime.Tests.Docker.Stats;

public sealed class StatsMappingTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 21, 4, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Cpu_SecondSample_HasTheRateBetween()
    {
        var first = StatsMapping.Cpu(Sample(Start, 1_000_000_000), null);
        var second = StatsMapping.Cpu(Sample(Start.AddSeconds(10), 6_000_000_000), first);
        var restarted = StatsMapping.Cpu(Sample(Start.AddSeconds(20), 5), second);

        Assert.Null(first.UsageNanoCores);
        Assert.Equal(500_000_000ul, second.UsageNanoCores.Value);
        Assert.Null(restarted.UsageNanoCores);
    }

    [Theory]
    [InlineData("total_inactive_file", "total_rss", "total_pgfault", "total_pgmajfault")]
    [InlineData("inactive_file", "anon", "pgfault", "pgmajfault")]
    public void Memory_BothCgroupVersions_WorkingSetIsWithoutTheInactiveFiles(string inactive, string rss, string faults, string majorFaults)
    {
        var sample = Sample(Start, 0) with
        {
            MemoryStats = new MemoryStats
            {
                Usage = 100,
                Limit = 1000,
                Stats = new Dictionary<string, ulong> { [inactive] = 30, [rss] = 50, [faults] = 7, [majorFaults] = 2 },
            },
        };

        var memory = StatsMapping.Memory(sample);

        Assert.Equal((100ul, 70ul, 930ul), (memory.UsageBytes.Value, memory.WorkingSetBytes.Value, memory.AvailableBytes.Value));
        Assert.Equal((50ul, 7ul, 2ul), (memory.RssBytes.Value, memory.PageFaults.Value, memory.MajorPageFaults.Value));
    }

    [Fact]
    public void Memory_NoLimit_NothingIsAvailable()
    {
        var sample = Sample(Start, 0) with { MemoryStats = new MemoryStats { Usage = 100, Limit = 9223372036854771712 } };

        Assert.Equal(0ul, StatsMapping.Memory(sample).AvailableBytes.Value);
    }

    [Fact]
    public void Network_ProcNetDev_WithoutTheLoopback()
    {
        string[] lines =
        [
            "Inter-|   Receive                                                |  Transmit",
            " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed",
            "    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0",
            "  eth0:    1300      10    1    0    0     0          0         0     2400      20    2    0    0     0       0          0",
        ];

        var network = StatsMapping.Network(lines, 5);

        Assert.Equal("eth0", Assert.Single(network.Interfaces).Name);
        var usage = network.DefaultInterface;
        Assert.Equal((1300ul, 1ul, 2400ul, 2ul), (usage.RxBytes.Value, usage.RxErrors.Value, usage.TxBytes.Value, usage.TxErrors.Value));
    }

    private static ContainerStatsResponse Sample(DateTimeOffset read, ulong cpu) =>
        new() { Read = read, CPUStats = new CPUStats { CPUUsage = new CPUUsage { TotalUsage = cpu } } };
}
