using System.Runtime.CompilerServices;
using NodeAgent.Proxy.Iptables;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;
using NodeAgent.Proxy.Tests.Fakes;

namespace NodeAgent.Proxy.Tests.Rules;

/// <summary>The text of all rules for Services of many shapes. To accept new text, run with UPDATE_GOLDENS=1 and look at the difference.</summary>
public class GoldenTests
{
    [Fact]
    public async Task Compare_ShapesOfServicesIPv4_WritesTheGoldenRules()
    {
        var settings = new RuleSettings(IPFamily.IPv4, new NodeTopology(Model.Node, "zone-a"))
        {
            LocalTraffic = LocalTraffic.ByCidr(System.Net.IPNetwork.Parse("10.244.0.0/16")),
            LocalhostNodePorts = true,
            NodeIP = System.Net.IPAddress.Parse("192.168.1.5"),
        };
        var remote = Model.Endpoint("10.244.1.1");
        var local = Model.Endpoint("10.244.0.1", local: true);

        await CheckAsync("shapes-ipv4", settings, [
            Model.Port("default/cluster-ip", "10.96.0.1").With(remote, local),
            Model.Port("default/dns", "10.96.0.2", 53, "dns", Protocol.Udp).With(Model.Endpoint("10.244.0.2", 5353)),
            Model.Port("default/none", "10.96.0.3", portName: "").With(),
            (Model.Port("default/node-port", "10.96.0.4") with { NodePort = 30004 }).With(remote),
            (Model.Port("default/local", "10.96.0.5") with { NodePort = 30005, ExternalPolicyLocal = true, HealthCheckNodePort = 32005, LoadBalancerIPs = Model.IPs("203.0.113.5") }).With(remote, local),
            (Model.Port("default/elsewhere", "10.96.0.6") with { NodePort = 30006, ExternalPolicyLocal = true, InternalPolicyLocal = true }).With(remote),
            (Model.Port("default/sticky", "10.96.0.7") with { AffinitySeconds = 300 }).With(remote, local),
            (Model.Port("default/guarded", "10.96.0.8") with { LoadBalancerIPs = Model.IPs("203.0.113.8"), LoadBalancerSourceRanges = Model.Ranges("192.168.1.0/24", "198.51.100.0/24") }).With(remote),
            (Model.Port("default/external", "10.96.0.9") with { ExternalIPs = Model.IPs("192.0.2.9") }).With(),
            Model.Port("default/leaving", "10.96.0.10", 9, "sctp", Protocol.Sctp).With(Model.Terminating("10.244.1.2"), Model.Terminating("10.244.1.3", serving: false)),
        ]);
    }

    [Fact]
    public async Task Compare_ShapesOfServicesIPv6_WritesTheGoldenRules()
    {
        var settings = new RuleSettings(IPFamily.IPv6, new NodeTopology(Model.Node, "")) { LocalTraffic = LocalTraffic.ByInterfacePrefix("veth"), MasqueradeMark = 0x8000, ConntrackLiberal = true };

        await CheckAsync("shapes-ipv6", settings, [
            (Model.Port("default/web", "fd00:10:96::1") with { NodePort = 30001, AffinitySeconds = 10800 }).With(Model.Endpoint("fd00:10:244::1")),
            Model.Port("default/none", "fd00:10:96::2").With(),
        ]);
    }

    private static async Task CheckAsync(string name, RuleSettings settings, ServicePortState[] ports, [CallerFilePath] string source = "")
    {
        var iptables = new FakeIptables();
        await iptables.RestoreAsync(RestoreText.Of(new RuleBook(settings).Compare(Model.Of(ports), KernelState.Empty)), default);
        var file = Path.Combine(Path.GetDirectoryName(source)!, "..", "testdata", name + ".rules");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDENS") == "1")
        {
            await File.WriteAllTextAsync(file, iptables.Save());
        }

        Assert.Equal(await File.ReadAllTextAsync(file), iptables.Save());
    }
}
