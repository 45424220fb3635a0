using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Tests.Builders;

namespace NodeAgent.Kubelet.Tests.Containers;

public class DnsConfigsTests
{
    private const string Host = "nameserver 192.0.2.53\nsearch corp.example. lan\noptions timeout:2\n";

    [Theory]
    [InlineData("ClusterFirst", false, "10.96.0.10", "default.svc.cluster.local svc.cluster.local cluster.local corp.example lan", "ndots:5")]
    [InlineData("ClusterFirst", true, "192.0.2.53", "corp.example lan", "timeout:2")]
    [InlineData("ClusterFirstWithHostNet", true, "10.96.0.10", "default.svc.cluster.local svc.cluster.local cluster.local corp.example lan", "ndots:5")]
    [InlineData("Default", false, "192.0.2.53", "corp.example lan", "timeout:2")]
    [InlineData("None", false, "", "", "")]
    public void For_EachPolicy_IsUpstreams(string policy, bool hostNetwork, string servers, string searches, string options)
    {
        var pod = new PodBuilder().Container("a").With(p => (p.Spec.DnsPolicy, p.Spec.HostNetwork) = (policy, hostNetwork)).Build();

        var dns = DnsConfigs.For(pod, ["10.96.0.10"], "cluster.local", Host);

        Assert.Equal((servers, searches, options), (string.Join(' ', dns.Servers), string.Join(' ', dns.Searches), string.Join(' ', dns.Options)));
    }

    [Fact]
    public void For_OwnConfig_IsAddedAndItsOptionsWin()
    {
        var own = new PodDNSConfig { Nameservers = { "1.1.1.1" }, Searches = { "mine" }, Options = { new PodDNSConfigOption { Name = "ndots", Value = "2" }, new PodDNSConfigOption { Name = "edns0" } } };
        var pod = new PodBuilder().Container("a").With(p => p.Spec.DnsConfig = own).Build();

        var dns = DnsConfigs.For(pod, ["10.96.0.10"], "cluster.local", "");

        Assert.Equal(["10.96.0.10", "1.1.1.1"], dns.Servers);
        Assert.Equal("mine", dns.Searches[^1]);
        Assert.Equal(["ndots:2", "edns0"], dns.Options);
    }

    [Fact]
    public void For_MoreThanThreeServers_KeepsTheFirstThree()
    {
        var pod = new PodBuilder().Container("a").With(p => (p.Spec.DnsPolicy, p.Spec.DnsConfig) = ("None", new PodDNSConfig { Nameservers = { "1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4" } })).Build();

        Assert.Equal(["1.1.1.1", "2.2.2.2", "3.3.3.3"], DnsConfigs.For(pod, [], "", "").Servers);
    }
}
