using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Tests.Services;

public class ServiceReaderTests
{
    [Fact]
    public void Read_ServiceWithTwoPorts_GivesBoth()
    {
        var service = NewService();
        service.Spec.Ports.Add(new KubeApi.Core.V1.ServicePort { Name = "dns", Port = 53, Protocol = "UDP" });

        var ports = ServiceReader.Read(service, IPFamily.IPv4);

        Assert.Equal(["ns/web:http Tcp 80", "ns/web:dns Udp 53"], ports.Select(p => $"{p.Name} {p.Name.Protocol} {p.Port}"));
    }

    [Theory]
    [InlineData("None", "ClusterIP", false)]
    [InlineData("", "ClusterIP", false)]
    [InlineData("10.96.0.1", "ExternalName", false)]
    [InlineData("10.96.0.1", "ClusterIP", true)]
    public void Read_ServiceThatIsNoneOfOurs_GivesNothing(string clusterIP, string type, bool anotherProxys)
    {
        var service = NewService(clusterIP, type);
        if (anotherProxys)
        {
            service.Metadata.Labels[ServiceReader.ProxyNameLabel] = "other";
        }

        Assert.Empty(ServiceReader.Read(service, IPFamily.IPv4));
    }

    [Fact]
    public void Read_DualStack_TakesTheAddressesOfTheFamily()
    {
        var service = NewService();
        service.Spec.ClusterIPs.Add(["10.96.0.1", "fd00:96::1"]);
        service.Spec.ExternalIPs.Add(["192.0.2.1", "fd00:192::1"]);

        var port = Assert.Single(ServiceReader.Read(service, IPFamily.IPv6));

        Assert.Equal("fd00:96::1", port.ClusterIP.ToString());
        Assert.Equal(["fd00:192::1"], port.ExternalIPs.Select(a => a.ToString()));
    }

    [Fact]
    public void Read_LoadBalancer_LeavesAddressesOfModeProxyToIt()
    {
        var service = NewService(type: "LoadBalancer");
        service.Status = new ServiceStatus { LoadBalancer = new LoadBalancerStatus() };
        service.Status.LoadBalancer.Ingress.Add(new LoadBalancerIngress { Ip = "203.0.113.1", IpMode = "Proxy" });
        service.Status.LoadBalancer.Ingress.Add(new LoadBalancerIngress { Ip = "203.0.113.2", IpMode = "VIP" });
        service.Status.LoadBalancer.Ingress.Add(new LoadBalancerIngress { Ip = "203.0.113.3" });

        Assert.Equal(["203.0.113.2", "203.0.113.3"], ServiceReader.Read(service, IPFamily.IPv4)[0].LoadBalancerIPs.Select(a => a.ToString()));
    }

    [Theory]
    [InlineData("LoadBalancer", "Local", 32000)]
    [InlineData("LoadBalancer", "Cluster", 0)]
    [InlineData("NodePort", "Local", 0)]
    public void Read_HealthCheckNodePort_CountsForLocalLoadBalancersOnly(string type, string policy, int expected)
    {
        var service = NewService(type: type);
        service.Spec.ExternalTrafficPolicy = policy;
        service.Spec.HealthCheckNodePort = 32000;

        Assert.Equal(expected, ServiceReader.Read(service, IPFamily.IPv4)[0].HealthCheckNodePort);
    }

    [Fact]
    public void Read_SourceRanges_OfAnyAddressAreNoRanges()
    {
        var service = NewService(type: "LoadBalancer");
        service.Spec.LoadBalancerSourceRanges.Add([" 198.51.100.0/24", "fd00::/8"]);
        var some = ServiceReader.Read(service, IPFamily.IPv4)[0].LoadBalancerSourceRanges;
        service.Spec.LoadBalancerSourceRanges.Add("0.0.0.0/0");

        Assert.Equal(["198.51.100.0/24"], some.Select(r => r.ToString()));
        Assert.Empty(ServiceReader.Read(service, IPFamily.IPv4)[0].LoadBalancerSourceRanges);
    }

    [Fact]
    public void Read_SessionAffinity_TakesItsSeconds()
    {
        var service = NewService();
        service.Spec.SessionAffinity = "ClientIP";
        var byDefault = ServiceReader.Read(service, IPFamily.IPv4)[0].AffinitySeconds;
        service.Spec.SessionAffinityConfig = new SessionAffinityConfig { ClientIP = new ClientIPConfig { TimeoutSeconds = 60 } };

        Assert.Equal((10800, 60), (byDefault, ServiceReader.Read(service, IPFamily.IPv4)[0].AffinitySeconds));
    }

    private static Service NewService(string clusterIP = "10.96.0.1", string type = "ClusterIP")
    {
        var service = new Service { Metadata = new ObjectMeta { Namespace = "ns", Name = "web" }, Spec = new ServiceSpec { ClusterIP = clusterIP, Type = type } };
        service.Spec.Ports.Add(new KubeApi.Core.V1.ServicePort { Name = "http", Port = 80, Protocol = "TCP" });
        return service;
    }
}
