using NodeAgent.Proxy.Config;

namespace NodeAgent.Proxy.Tests.Config;

public class OptionsBuilderTests
{
    [Fact]
    public void Build_Nothing_GivesUpstreamsDefaults()
    {
        var options = new OptionsBuilder(new KubeProxyConfiguration()).Build("Node-A")!;

        Assert.Equal("node-a", options.NodeName);
        Assert.Equal("0.0.0.0:10256", options.HealthAddress!.ToString());
        Assert.Equal("127.0.0.1:10249", options.MetricsAddress!.ToString());
        Assert.Equal((TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1), 14), (options.SyncPeriod, options.MinSyncPeriod, options.MasqueradeBit));
        Assert.Equal(TimeSpan.FromHours(24), options.Conntrack.TcpEstablishedTimeout);
    }

    [Fact]
    public void Build_SeveralMistakes_NamesEachWithItsPath()
    {
        var builder = new OptionsBuilder(new KubeProxyConfiguration
        {
            Mode = "ipvs",
            ClusterCidr = "10.244.0.0",
            DetectLocalMode = "BridgeInterface",
            NodePortAddresses = ["primary", "10.0.0.0/8"],
            Iptables = new IptablesConfiguration { MasqueradeBit = 32, MinSyncPeriod = TimeSpan.FromMinutes(2) },
            MetricsBindAddress = "localhost:1",
        });

        Assert.Null(builder.Build("node"));
        string[] paths = ["mode", "clusterCIDR", "detectLocal.bridgeInterface", "nodePortAddresses", "iptables.masqueradeBit", "iptables.minSyncPeriod", "metricsBindAddress"];
        Assert.Equal(paths.Order(), builder.Errors.Select(e => e.Split(':')[0]).Order());
    }
}
