using NodeAgent.ContainerRuntime.Docker.Network;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Tests.Docker.Network;

public sealed class CniCapabilitiesTests
{
    [Fact]
    public void For_Pod_PortsBandwidthRangesAndDns()
    {
        var config = new PodSandboxConfig
        {
            PortMappings =
            {
                new PortMapping { Protocol = Protocol.Udp, ContainerPort = 53, HostPort = 5353, HostIp = "10.0.0.1" },
                new PortMapping { ContainerPort = 80 },
            },
            Annotations = { ["kubernetes.io/egress-bandwidth"] = "10M" },
            DnsConfig = new DNSConfig { Servers = { "10.96.0.10" } },
        };

        var arguments = CniCapabilities.For(config, "10.1.0.0/24, fd00::/64");

        Assert.Equal("""[{"hostPort":5353,"containerPort":53,"protocol":"udp","hostIP":"10.0.0.1"}]""", arguments["portMappings"]!.ToJsonString());
        Assert.Equal("""{"egressRate":10000000,"egressBurst":2147483647}""", arguments["bandwidth"]!.ToJsonString());
        Assert.Equal("""[[{"subnet":"10.1.0.0/24"}],[{"subnet":"fd00::/64"}]]""", arguments["ipRanges"]!.ToJsonString());
        Assert.Equal("""{"servers":["10.96.0.10"],"searches":[],"options":[]}""", arguments["dns"]!.ToJsonString());
    }

    [Fact]
    public void For_PodThatAsksForNothing_Nothing() => Assert.Empty(CniCapabilities.For(new PodSandboxConfig(), ""));

    [Theory]
    [InlineData("1000", 1000L)]
    [InlineData("1k", 1000L)]
    [InlineData("1.5M", 1500000L)]
    [InlineData("1Gi", 1073741824L)]
    [InlineData("", null)]
    [InlineData("-1", null)]
    [InlineData("fast", null)]
    public void Rate_Quantity_BitsPerSecond(string text, long? expected) => Assert.Equal(expected, CniCapabilities.Rate(text));
}
