using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Proxy.Config;
using NodeAgent.Proxy.Nodes;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Tests.Nodes;

public class NodeTrackerTests
{
    private static readonly ProxyOptions Options = new("node-1") { DetectLocalMode = DetectLocalMode.NodeCIDR };

    [Theory]
    [InlineData("10.244.8.0/24", "192.168.1.5")]
    [InlineData("10.244.7.0/24", "192.168.1.6")]
    public void OnUpdate_PodCidrOrAddressChanged_TheSettingsOfTheRulesChange(string podCidr, string address)
    {
        var changes = 0;
        var tracker = new NodeTracker(() => changes++);
        var settings = new RuleSettingsSource(Options, () => tracker.Facts, () => [], conntrackLiberal: false);
        var before = NewNode("10.244.7.0/24", "192.168.1.5");
        tracker.OnAdd(before, isInInitialList: true);
        var old = settings.For(IPFamily.IPv4);

        tracker.OnUpdate(before, NewNode(podCidr, address));

        Assert.Equal(2, changes);
        Assert.NotEqual(old, settings.For(IPFamily.IPv4));
        Assert.Equal(($"-s {podCidr} ", address), (settings.For(IPFamily.IPv4).LocalTraffic.FromSource, settings.For(IPFamily.IPv4).NodeIP!.ToString()));
    }

    [Fact]
    public void OnUpdate_SomethingElseChanged_NothingHappens()
    {
        var changes = 0;
        var tracker = new NodeTracker(() => changes++);
        var node = NewNode("10.244.7.0/24", "192.168.1.5");
        tracker.OnAdd(node, isInInitialList: true);

        var relabelled = NewNode("10.244.7.0/24", "192.168.1.5");
        relabelled.Metadata.Labels["example.com/a"] = "b";
        tracker.OnUpdate(node, relabelled);

        Assert.Equal(1, changes);
    }

    [Fact]
    public void OnDelete_OfTheNode_ItIsNotEligibleAndItsRulesStay()
    {
        var tracker = new NodeTracker(() => { });
        var node = NewNode("10.244.7.0/24", "192.168.1.5");
        tracker.OnAdd(node, isInInitialList: true);

        tracker.OnDelete(node);

        Assert.False(tracker.Facts.Eligible);
        Assert.Equal(NodeFacts.Of(node).PodCidrs, tracker.Facts.PodCidrs);
    }

    private static Node NewNode(string podCidr, string address)
    {
        var node = new Node { Metadata = new ObjectMeta { Name = "node-1" }, Spec = new NodeSpec(), Status = new NodeStatus() };
        node.Spec.PodCIDRs.Add(podCidr);
        node.Status.Addresses.Add(new NodeAddress { Type = "InternalIP", Address = address });
        return node;
    }
}
