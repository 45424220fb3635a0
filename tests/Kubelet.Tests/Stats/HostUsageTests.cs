using NodeAgent.Kubelet.Stats;

namespace NodeAgent.Kubelet.Tests.Stats;

public class HostUsageTests
{
    [Fact]
    public void Parse_KernelsCounts_BusyTimeAndMemory() => Assert.Equal(
        new HostUsage(1_260_000_000, 4096, 1024, 2048) { UserNanoseconds = 300_000_000, SystemNanoseconds = 330_000_000, BootedAt = DateTimeOffset.UnixEpoch },
        HostUsage.Parse("cpu  10 20 30 1000 2000 1 2 63 500 0\ncpu0 1 2 3\n", "MemTotal:   4 kB\nMemFree:  1 kB\nMemAvailable: 2 kB\nHugePages_Total: 0\n"));

    [Fact]
    public void Parse_Nothing_Zeroes() => Assert.Equal(new HostUsage { BootedAt = DateTimeOffset.UnixEpoch }, HostUsage.Parse("", ""));
}
