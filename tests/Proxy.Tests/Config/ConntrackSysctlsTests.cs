using NodeAgent.Proxy.Config;
using NodeAgent.Proxy.Conntrack;

namespace NodeAgent.Proxy.Tests.Config;

public class ConntrackSysctlsTests
{
    [Theory]
    [InlineData(32768, 131072, 2, 131072)]
    [InlineData(32768, 131072, 8, 262144)]
    [InlineData(32768, 131072, 64, 1048576)]
    [InlineData(32768, 2000000, 64, 2000000)]
    public void Plan_MaxPerCore_GivesTheSizeOfTheTable(int perCore, int min, int processors, int expected) =>
        Assert.Contains((ConntrackSysctls.Max, expected), ConntrackSysctls.Plan(new ConntrackOptions(perCore, min), processors));

    [Fact]
    public void Plan_ZeroPerCoreAndNoTimeouts_LeavesEverything() => Assert.Empty(ConntrackSysctls.Plan(new ConntrackOptions(0), 4));

    [Fact]
    public void Plan_TimeoutsAndLiberal_SetsThemInSeconds()
    {
        var plan = ConntrackSysctls.Plan(new ConntrackOptions(0, 0, TimeSpan.FromHours(24), TimeSpan.FromHours(1), TcpBeLiberal: true, TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(3)), 4).ToDictionary();

        Assert.Equal(86400, plan["net/netfilter/nf_conntrack_tcp_timeout_established"]);
        Assert.Equal(3600, plan["net/netfilter/nf_conntrack_tcp_timeout_close_wait"]);
        Assert.Equal(1, plan[ConntrackSysctls.BeLiberal]);
        Assert.Equal(30, plan["net/netfilter/nf_conntrack_udp_timeout"]);
        Assert.Equal(180, plan["net/netfilter/nf_conntrack_udp_timeout_stream"]);
    }
}
