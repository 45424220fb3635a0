using NodeAgent.Hosting.Config;
using NodeAgent.Proxy.Config;

namespace NodeAgent.Proxy.Tests.Config;

public class EffectiveConfigurationTests
{
    [Fact]
    public void Yaml_OfNothing_ReadsBackAsTheDefaults()
    {
        var read = ConfigReader.Read<KubeProxyConfiguration>(EffectiveConfiguration.Yaml(new KubeProxyConfiguration()), "written", KubeProxyConfiguration.Kind);

        Assert.Empty(read.NotActedOn);
        Assert.Equal(new OptionsBuilder(new KubeProxyConfiguration()).Build("node"), new OptionsBuilder(read.Value).Build("node"));
        Assert.Equal("1s", EffectiveConfiguration.Of(read.Value)["iptables"]!["minSyncPeriod"]!.GetValue<string>());
    }

    [Fact]
    public void Yaml_OfGivenValues_KeepsThem()
    {
        var given = new KubeProxyConfiguration
        {
            ClusterCidr = "10.244.0.0/16,fd00::/48",
            NodePortAddresses = ["192.168.0.0/16"],
            Conntrack = new ConntrackConfiguration { UdpTimeout = TimeSpan.FromSeconds(90) },
            HostnameOverride = "yes",
        };

        var read = ConfigReader.Read<KubeProxyConfiguration>(EffectiveConfiguration.Yaml(given), "written", KubeProxyConfiguration.Kind);

        Assert.Equal(new OptionsBuilder(given).Build("node"), new OptionsBuilder(read.Value).Build("node"));
    }
}
