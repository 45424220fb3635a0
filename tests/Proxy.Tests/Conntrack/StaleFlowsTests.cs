using System.Net;
using NodeAgent.Proxy.Conntrack;
using NodeAgent.Proxy.Services;
using NodeAgent.Proxy.Tests.Fakes;

namespace NodeAgent.Proxy.Tests.Conntrack;

public class StaleFlowsTests
{
    private const byte Udp = 17;
    private const byte Tcp = 6;
    private static readonly HashSet<IPAddress> NodeAddresses = [IPAddress.Parse("192.168.0.1")];
    private static readonly ServicePort Dns = Model.Port("kube-system/dns", "10.96.0.10", 53, "dns", Protocol.Udp) with { NodePort = 30053, ExternalIPs = Model.IPs("192.0.2.1") };

    [Theory]
    [InlineData(Udp, "10.96.0.10", 53, "10.244.0.9", true)] // an endpoint that is gone
    [InlineData(Udp, "10.96.0.10", 53, "10.96.0.10", true)] // from before there were endpoints
    [InlineData(Udp, "10.96.0.10", 53, "10.244.0.1", false)] // healthy
    [InlineData(Udp, "192.0.2.1", 53, "10.244.0.9", true)] // by an external address
    [InlineData(Udp, "192.168.0.1", 30053, "10.244.0.9", true)] // by the node port
    [InlineData(Udp, "8.8.8.8", 30053, "8.8.8.8", false)] // somebody else's port of the same number
    [InlineData(Udp, "10.96.0.10", 54, "10.244.0.9", false)] // another port
    [InlineData(Tcp, "10.96.0.10", 53, "10.244.0.9", false)] // TCP ends by itself
    public void Find_OneFlow_IsStaleWhenNoServingEndpointAnswersIt(byte protocol, string destination, int port, string replySource, bool stale)
    {
        var flow = new Flow(protocol, IPAddress.Parse(destination), port, IPAddress.Parse(replySource), replySource.StartsWith("10.244", StringComparison.Ordinal) ? 5353 : port);

        var found = StaleFlows.Find(Model.Of(Dns.With(Model.Endpoint("10.244.0.1", 5353))), NodeAddresses, [flow]);

        Assert.Equal(stale, found.Contains(flow));
    }

    [Fact]
    public void Find_ServiceWithoutEndpoints_KeepsItsFlows()
    {
        var flow = new Flow(Udp, IPAddress.Parse("10.96.0.10"), 53, IPAddress.Parse("10.244.0.9"), 5353);

        Assert.Empty(StaleFlows.Find(Model.Of(Dns.With()), NodeAddresses, [flow]));
    }
}
