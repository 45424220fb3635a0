using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Plugins.NodeAffinity;
using NodeAgent.Scheduler.Plugins.NodeDeclaredFeatures;
using NodeAgent.Scheduler.Plugins.NodePorts;
using NodeAgent.Scheduler.Plugins.NodeResources;
using NodeAgent.Scheduler.Plugins.NodeUnschedulable;
using NodeAgent.Scheduler.Plugins.TaintToleration;

namespace NodeAgent.Scheduler.Tests.Plugins;

public sealed class FilterPluginTests
{
    private static readonly IPlugin Taints = new TaintTolerationPlugin();
    private static readonly IPlugin Cordon = new NodeUnschedulablePlugin();
    private static readonly IPlugin Affinity = new NodeAffinityPlugin();
    private static readonly IPlugin Ports = new NodePortsPlugin();
    private static readonly IPlugin Features = new NodeDeclaredFeaturesPlugin();
    private static readonly IPlugin Fit = new NodeResourcesFitPlugin(new NodeResourcesFitArgs());

    private static readonly Dictionary<string, (IPlugin Plugin, Node Node, Pod[] OnNode, Pod Pod, StatusCode Code, string Reason)> Cases = new()
    {
        ["taint without toleration"] = (Taints, Make.Node("n").Tainted("k", "NoSchedule", "v"), [], Make.Pod("p"), StatusCode.UnschedulableAndUnresolvable, "node(s) had untolerated taint(s)"),
        ["taint tolerated by key"] = (Taints, Make.Node("n").Tainted("k", "NoSchedule", "v"), [], Make.Pod("p").Tolerating("k"), StatusCode.Success, ""),
        ["taint of another value"] = (Taints, Make.Node("n").Tainted("k", "NoSchedule", "v"), [], Make.Pod("p").Tolerating("k", op: "Equal", value: "w"), StatusCode.UnschedulableAndUnresolvable, "node(s) had untolerated taint(s)"),
        ["toleration of another effect"] = (Taints, Make.Node("n").Tainted("k", "NoExecute"), [], Make.Pod("p").Tolerating("k", "NoSchedule"), StatusCode.UnschedulableAndUnresolvable, "node(s) had untolerated taint(s)"),
        ["soft taint"] = (Taints, Make.Node("n").Tainted("k", "PreferNoSchedule"), [], Make.Pod("p"), StatusCode.Success, ""),
        ["cordoned"] = (Cordon, Make.Node("n").Cordoned(), [], Make.Pod("p"), StatusCode.UnschedulableAndUnresolvable, "node(s) were unschedulable"),
        ["cordoned, tolerated"] = (Cordon, Make.Node("n").Cordoned(), [], Make.Pod("p").Tolerating("node.kubernetes.io/unschedulable", "NoSchedule"), StatusCode.Success, ""),
        ["node selector matches"] = (Affinity, Make.Node("n", labels: ("disk", "ssd")), [], Make.Pod("p").Selecting("disk", "ssd"), StatusCode.Success, ""),
        ["node selector differs"] = (Affinity, Make.Node("n", labels: ("disk", "hdd")), [], Make.Pod("p").Selecting("disk", "ssd"), StatusCode.UnschedulableAndUnresolvable, "node(s) didn't match Pod's node affinity/selector"),
        ["affinity: one of two terms"] = (Affinity, Make.Node("n", labels: ("disk", "ssd")), [], Make.Pod("p").Requiring(Make.Term("disk", "In", "hdd"), Make.Term("disk", "Exists")), StatusCode.Success, ""),
        ["affinity: Gt"] = (Affinity, Make.Node("n", labels: ("gen", "7")), [], Make.Pod("p").Requiring(Make.Term("gen", "Gt", "7")), StatusCode.UnschedulableAndUnresolvable, "node(s) didn't match Pod's node affinity/selector"),
        ["affinity: empty term matches nothing"] = (Affinity, Make.Node("n"), [], Make.Pod("p").Requiring(new NodeSelectorTerm()), StatusCode.UnschedulableAndUnresolvable, "node(s) didn't match Pod's node affinity/selector"),
        ["affinity and selector both"] = (Affinity, Make.Node("n", labels: ("a", "1")), [], Make.Pod("p").Selecting("b", "2").Requiring(Make.Term("a", "Exists")), StatusCode.UnschedulableAndUnresolvable, "node(s) didn't match Pod's node affinity/selector"),
        ["port free"] = (Ports, Make.Node("n"), [Make.Pod("x", node: "n").WithHostPort(80)], Make.Pod("p").WithHostPort(81), StatusCode.Success, ""),
        ["port taken"] = (Ports, Make.Node("n"), [Make.Pod("x", node: "n").WithHostPort(80)], Make.Pod("p").WithHostPort(80), StatusCode.Unschedulable, "node(s) didn't have free ports for the requested pod ports"),
        ["port of another protocol"] = (Ports, Make.Node("n"), [Make.Pod("x", node: "n").WithHostPort(80)], Make.Pod("p").WithHostPort(80, protocol: "UDP"), StatusCode.Success, ""),
        ["port on another address"] = (Ports, Make.Node("n"), [Make.Pod("x", node: "n").WithHostPort(80, "10.0.0.1")], Make.Pod("p").WithHostPort(80, "10.0.0.2"), StatusCode.Success, ""),
        ["port on all addresses"] = (Ports, Make.Node("n"), [Make.Pod("x", node: "n").WithHostPort(80, "10.0.0.1")], Make.Pod("p").WithHostPort(80), StatusCode.Unschedulable, "node(s) didn't have free ports for the requested pod ports"),
        ["fits exactly"] = (Fit, Make.Node("n", "2", "1Gi"), [Make.Pod("x", "1500m", "512Mi", node: "n")], Make.Pod("p", "500m", "512Mi"), StatusCode.Success, ""),
        ["cpu short, resolvable"] = (Fit, Make.Node("n", "2", "1Gi"), [Make.Pod("x", "1501m", node: "n")], Make.Pod("p", "500m"), StatusCode.Unschedulable, "Insufficient cpu"),
        ["cpu more than the node has"] = (Fit, Make.Node("n", "2", "1Gi"), [], Make.Pod("p", "2001m"), StatusCode.UnschedulableAndUnresolvable, "Insufficient cpu"),
        ["cpu and memory short"] = (Fit, Make.Node("n", "2", "1Gi"), [Make.Pod("x", "2", "1Gi", node: "n")], Make.Pod("p", "1", "1Mi"), StatusCode.Unschedulable, "Insufficient cpu, Insufficient memory"),
        ["too many pods"] = (Fit, Make.Node("n", pods: 1), [Make.Pod("x", node: "n")], Make.Pod("p"), StatusCode.Unschedulable, "Too many pods"),
        ["asks for nothing on a full node"] = (Fit, Make.Node("n", "1", "1Gi"), [Make.Pod("x", "1", "1Gi", node: "n")], Make.Pod("p"), StatusCode.Success, ""),
        ["extended resource"] = (Fit, Make.Node("n").Offering("example.com/gpu", "2"), [Make.Pod("x", node: "n").Asking("example.com/gpu", "1")], Make.Pod("p").Asking("example.com/gpu", "2"), StatusCode.Unschedulable, "Insufficient example.com/gpu"),
        ["extended resource that no node has"] = (Fit, Make.Node("n"), [], Make.Pod("p").Asking("example.com/fpga", "1"), StatusCode.UnschedulableAndUnresolvable, "Insufficient example.com/fpga"),
        ["init container asks for more"] = (Fit, Make.Node("n", "2"), [Make.Pod("x", "1", node: "n")], Make.Pod("p", "500m").With(p => p.Spec.InitContainers.Add(Make.Pod("i", "1500m").Spec.Containers[0])), StatusCode.Unschedulable, "Insufficient cpu"),
        ["feature declared"] = (Features, Declaring(Make.Node("n"), "UserNamespacesHostNetworkSupport"), [], HostUsers(Make.Pod("p")), StatusCode.Success, ""),
        ["feature not declared"] = (Features, Declaring(Make.Node("n"), "Other"), [], HostUsers(Make.Pod("p")), StatusCode.UnschedulableAndUnresolvable, "node(s) didn't match Pod's required features"),
        ["feature of a restart rule"] = (Features, Make.Node("n"), [], Make.Pod("p").With(p => p.Spec.Containers[0].RestartPolicyRules.Add(new ContainerRestartRule { Action = "RestartAllContainers" })), StatusCode.UnschedulableAndUnresolvable, "node(s) didn't match Pod's required features"),
        ["no feature used"] = (Features, Make.Node("n"), [], Make.Pod("p"), StatusCode.Success, ""),
        ["overhead counts"] = (Fit, Make.Node("n", "2"), [], Make.Pod("p", "1900m").With(p => p.Spec.Overhead["cpu"] = KubeApi.Meta.Quantity.Parse("200m")), StatusCode.UnschedulableAndUnresolvable, "Insufficient cpu"),
    };

    private static Node Declaring(Node node, string feature)
    {
        node.Status.DeclaredFeatures.Add(feature);
        return node;
    }

    private static Pod HostUsers(Pod pod) => pod.With(p => (p.Spec.HostNetwork, p.Spec.HostUsers) = (true, false));

    public static TheoryData<string> Names => new(Cases.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public void Filter_Case_GivesUpstreamsCodeAndReason(string name)
    {
        var (plugin, node, onNode, pod, code, reason) = Cases[name];
        var cluster = new TestCluster().With(node).With(onNode);

        var status = cluster.StatusOn(plugin, pod, "n");

        Assert.Equal((code, reason), (status.Code, status.Message));
    }

    [Fact]
    public void PreFilter_PodOfADaemonSet_LooksAtItsNodeOnly()
    {
        var cluster = new TestCluster().With(Make.Node("a"), Make.Node("b"), Make.Node("c"));

        var decision = cluster.Decide(Make.Pod("p").Requiring(Make.Field("b")));

        Assert.Equal(("b", 1), (decision.NodeName, decision.Feasible));
    }

    [Fact]
    public void PreFilter_NamedNodeIsFull_SaysSoOfItAndOfTheOthersThatTheyWereLeftOut()
    {
        var cluster = new TestCluster().With(Make.Node("a"), Make.Node("b", "1"), Make.Node("c"));

        var decision = cluster.Decide(Make.Pod("p", "2").Requiring(Make.Field("b")));

        Assert.Equal("0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity].", decision.Diagnosis!.ToString());
    }

    [Fact]
    public void PreFilter_NamedNodeIsUnknown_NamesThePlugin()
    {
        var cluster = new TestCluster().With(Make.Node("a"));

        var decision = cluster.Decide(Make.Pod("p").Requiring(Make.Field("zzz")));

        Assert.Equal("0/1 nodes are available: node(s) didn't satisfy plugin NodeAffinity.", decision.Diagnosis!.ToString());
    }

    [Fact]
    public void Filter_ResourceIsIgnored_IsNotLookedAt()
    {
        var plugin = new NodeResourcesFitPlugin(new NodeResourcesFitArgs { IgnoredResources = ["example.com/a"], IgnoredResourceGroups = ["example.org"] });
        var cluster = new TestCluster().With(Make.Node("n"));

        Assert.True(cluster.StatusOn(plugin, Make.Pod("p").Asking("example.com/a", "1").Asking("example.org/b", "1"), "n").IsSuccess);
        Assert.False(cluster.StatusOn(plugin, Make.Pod("q").Asking("example.com/c", "1"), "n").IsSuccess);
    }
}
