using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Kubelet.Containers;

namespace NodeAgent.Kubelet.Tests.Containers;

public sealed class DnsLimitsTests
{
    [Fact]
    public void Make_WithTooManyNameservers_KeepsThreeAndWarns()
    {
        var pod = PodOf("None", new PodDNSConfig { Nameservers = { "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4" } });

        var result = DnsConfigs.Make(pod, [], "", "");

        Assert.Equal(["10.0.0.1", "10.0.0.2", "10.0.0.3"], result.Config.Servers);
        Assert.Equal(
            [("DNSConfigForming", "Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 10.0.0.1 10.0.0.2 10.0.0.3")],
            result.Warnings);
    }

    [Fact]
    public void Make_WithTooManySearches_KeepsThirtyTwoAndWarns()
    {
        var config = new PodDNSConfig { Nameservers = { "10.0.0.1" } };
        config.Searches.AddRange(Enumerable.Range(0, 40).Select(i => $"d{i}.example"));

        var result = DnsConfigs.Make(PodOf("None", config), [], "", "");

        Assert.Equal(32, result.Config.Searches.Count);
        Assert.StartsWith("Search Line limits were exceeded", Assert.Single(result.Warnings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CheckHost_ByItsSearches()
    {
        var thirty = "search " + string.Join(' ', Enumerable.Range(0, 30).Select(i => $"d{i}.example")) + "\n";

        Assert.Null(DnsConfigs.CheckHost("/etc/resolv.conf", thirty, ""));
        Assert.Equal("Resolv.conf file '/etc/resolv.conf' contains search line consisting of more than 29 domains!", DnsConfigs.CheckHost("/etc/resolv.conf", thirty, "cluster.local"));
        Assert.Equal("Resolv.conf file \"/x\" contains a search path which length is more than allowed 253 chars!", DnsConfigs.CheckHost("/x", "search " + new string('a', 254), ""));
        Assert.Equal(
            "Resolv.conf file '/x' contains search line which length is more than allowed 2048 chars!",
            DnsConfigs.CheckHost("/x", "search " + string.Join(' ', Enumerable.Range(0, 9).Select(i => i + new string('a', 240))), ""));
    }

    [Fact]
    public void Make_WithoutAClusterServer_FallsBackToTheHostsAndWarns()
    {
        var result = DnsConfigs.Make(PodOf("ClusterFirst", null), [], "cluster.local", "search . a.example. b.example\nnameserver 10.9.9.9\noptions ndots:1 ndots:3\n");

        Assert.Equal(["10.9.9.9"], result.Config.Servers);
        Assert.Equal(["a.example", "b.example"], result.Config.Searches);
        Assert.Equal(["ndots:3"], result.Config.Options);
        Assert.Equal("MissingClusterDNS", Assert.Single(result.Warnings).Reason);
    }

    [Fact]
    public void Make_WithASearchThatIsTwice_KeepsOne()
    {
        var result = DnsConfigs.Make(PodOf("ClusterFirst", new PodDNSConfig { Searches = { "svc.cluster.local", "x.example" } }), ["10.96.0.10"], "cluster.local", "search x.example\n");

        Assert.Equal(["default.svc.cluster.local", "svc.cluster.local", "cluster.local", "x.example"], result.Config.Searches);
        Assert.Empty(result.Warnings);
    }

    private static Pod PodOf(string policy, PodDNSConfig? config) =>
        new() { Metadata = new KubeApi.Meta.V1.ObjectMeta { Name = "p", Namespace = "default", Uid = "u" }, Spec = new PodSpec { DnsPolicy = policy, DnsConfig = config } };
}
