using System.Net;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Proxy.Config;
using NodeAgent.Proxy.Nodes;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Tests.Nodes;

public class RuleSettingsSourceTests
{
    private static readonly ProxyOptions Options = new("node-1") { ClusterCidrs = [IPNetwork.Parse("10.244.0.0/16"), IPNetwork.Parse("fd00:244::/48")], BridgeInterface = "cni0", InterfaceNamePrefix = "veth" };

    [Theory]
    [InlineData("ClusterCIDR", false, "-s 10.244.0.0/16 ", "")]
    [InlineData("ClusterCIDR", true, "-s fd00:244::/48 ", "")]
    [InlineData("NodeCIDR", false, "-s 10.244.7.0/24 ", "")]
    [InlineData("BridgeInterface", false, "", "-i cni0 ")]
    [InlineData("InterfaceNamePrefix", true, "", "-i veth+ ")]
    public void For_DetectLocalMode_TellsPodsByIt(string mode, bool isIPv6, string source, string from)
    {
        var settings = For(Options with { DetectLocalMode = Enum.Parse<DetectLocalMode>(mode) }, isIPv6 ? IPFamily.IPv6 : IPFamily.IPv4);

        Assert.Equal((source, from), (settings.LocalTraffic.FromSource, settings.LocalTraffic.FromInterface));
    }

    [Fact]
    public void For_NodeCidrOfAnotherFamily_CannotTellPods() =>
        Assert.False(For(Options with { DetectLocalMode = DetectLocalMode.NodeCIDR }, IPFamily.IPv6).LocalTraffic.Known);

    [Fact]
    public void For_NodePortsOnPrimary_ListenOnTheNodesAddress()
    {
        var settings = For(Options with { NodePortsOnPrimaryOnly = true }, IPFamily.IPv4);

        Assert.Equal(["192.168.1.5"], settings.NodePortAddresses!.Select(a => a.ToString()));
        Assert.False(settings.LocalhostNodePorts);
    }

    [Fact]
    public void For_NodePortAddresses_ListenOnThoseOfTheHostInTheRanges()
    {
        var settings = For(Options with { NodePortAddresses = [IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("127.0.0.0/8")] }, IPFamily.IPv4);

        Assert.Equal(["127.0.0.1", "172.16.0.9"], settings.NodePortAddresses!.Select(a => a.ToString()));
        Assert.True(settings.LocalhostNodePorts);
    }

    [Fact]
    public void For_OptionsAsTheyCome_ListensEverywhereAndKnowsTheNode()
    {
        var settings = For(Options with { MasqueradeBit = 15, MasqueradeAll = true }, IPFamily.IPv4);

        Assert.Null(settings.NodePortAddresses);
        Assert.Equal((0x8000u, true, "192.168.1.5", "zone-a"), (settings.MasqueradeMark, settings.MasqueradeAll, settings.NodeIP!.ToString(), settings.Node.Zone));
    }

    [Theory]
    [InlineData("10.244.0.0/16", "ClusterCIDR", null)]
    [InlineData("fd00:244::/48", "ClusterCIDR", "clusterCIDR has no IPv4 range (fd00:244::/48)")]
    [InlineData("fd00:244::/48", "NodeCIDR", null)]
    [InlineData("fd00:244::/48", "BridgeInterface", null)]
    public void LocalTrafficProblem_RangesOfTheNodesFamilyOrNot_SaysSo(string clusterCidr, string mode, string? problem)
    {
        var options = Options with { ClusterCidrs = [IPNetwork.Parse(clusterCidr)], DetectLocalMode = Enum.Parse<DetectLocalMode>(mode) };

        var found = Source(options).LocalTrafficProblem();

        Assert.Equal(problem is null, found is null);
        Assert.EndsWith(problem ?? "", found ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    public void Of_NodeThatLeaves_IsNotEligible(bool deleted, bool tainted, bool expected)
    {
        var node = NewNode();
        node.Metadata.DeletionTimestamp = deleted ? Time.From(DateTimeOffset.UnixEpoch) : null;
        if (tainted)
        {
            node.Spec.Taints.Add(new Taint { Key = "ToBeDeletedByClusterAutoscaler", Effect = "NoSchedule" });
        }

        Assert.Equal(expected, NodeFacts.Of(node).Eligible);
    }

    private static RuleSettings For(ProxyOptions options, IPFamily family) => Source(options).For(family);

    private static RuleSettingsSource Source(ProxyOptions options) =>
        new(options, () => NodeFacts.Of(NewNode()), () => [IPAddress.Parse("127.0.0.1"), IPAddress.Parse("172.16.0.9"), IPAddress.Parse("192.168.1.5")], conntrackLiberal: false);

    private static Node NewNode()
    {
        var node = new Node { Metadata = new ObjectMeta { Name = "node-1" }, Spec = new NodeSpec(), Status = new NodeStatus() };
        node.Metadata.Labels["topology.kubernetes.io/zone"] = "zone-a";
        node.Spec.PodCIDRs.Add("10.244.7.0/24");
        node.Status.Addresses.Add(new NodeAddress { Type = "ExternalIP", Address = "203.0.113.5" });
        node.Status.Addresses.Add(new NodeAddress { Type = "InternalIP", Address = "192.168.1.5" });
        return node;
    }
}
