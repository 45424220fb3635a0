using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Kubelet.Node;
using NodeAgent.Kubelet.Tests.Builders;
using V1Node = NodeAgent.KubeApi.Core.V1.Node;

namespace NodeAgent.Kubelet.Tests.Node;

public class NodeAdmissionTests
{
    private static readonly Dictionary<string, Quantity> Allocatable = new()
    {
        ["cpu"] = new Quantity { String = "2" },
        ["memory"] = new Quantity { String = "1Gi" },
        ["pods"] = new Quantity { String = "2" },
    };

    private static readonly V1Node TheNode = new() { Metadata = new ObjectMeta { Name = "n1", Labels = { ["zone"] = "a" } }, Spec = new NodeSpec() };

    [Fact]
    public void Check_PodThatFits_IsLetIn() => Assert.Null(Check(Pod("a", "1", "512Mi")));

    [Theory]
    [InlineData("1500m", "1Mi", "OutOfcpu", "Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 2000")]
    [InlineData("1m", "1Gi", "OutOfmemory", "Node didn't have enough resource: memory, requested: 1073741824, used: 1048576, capacity: 1073741824")]
    public void Check_NotEnoughLeft_NamesTheResource(string cpu, string memory, string reason, string message)
    {
        var refused = Check(Pod("b", cpu, memory), Pod("a", "1", "1Mi"));

        Assert.Equal((reason, message), (refused?.Reason, refused?.Message));
    }

    [Fact]
    public void Check_Overhead_CountsBesideTheContainers()
    {
        var pod = Pod("b", "1500m", "1Mi");
        Assert.Null(Check(pod));

        pod.Spec.Overhead["cpu"] = new Quantity { String = "600m" };

        Assert.Equal("Node didn't have enough resource: cpu, requested: 2100, used: 0, capacity: 2000", Check(pod)?.Message);
    }

    [Fact]
    public void Check_ResourcesOfThePod_StandForThoseOfItsContainers()
    {
        var pod = Pod("b", "100m", "1Mi");
        pod.Spec.Resources = new ResourceRequirements { Requests = { ["cpu"] = new Quantity { String = "2500m" } } };

        Assert.Equal("OutOfcpu", Check(pod)?.Reason);
    }

    [Fact]
    public void Check_TooManyPods_IsOutOfPods() => Assert.Equal("OutOfpods", Check(Pod("c", "0", "0"), Pod("a", "0", "0"), Pod("b", "0", "0"))?.Reason);

    /// <summary>The pod may come before the change of the node that it was sent for.</summary>
    [Fact]
    public void Check_NodeIsOutdated_IsReadAnewBeforeAPodIsRefused()
    {
        var pod = Pod("a", "0", "0");
        pod.Spec.NodeSelector["zone"] = "b";
        pod.Spec.Containers[0].Resources.Requests["example.com/gpu"] = new Quantity { String = "2" };
        var old = TheNode.Clone();
        old.Status = new NodeStatus { Allocatable = { ["example.com/gpu"] = new Quantity { String = "1" } } };
        old.Spec.Taints.Add(new Taint { Key = "out", Effect = "NoExecute" });
        var now = old.Clone();
        now.Metadata.Labels["zone"] = "b";
        now.Status.Allocatable["example.com/gpu"] = new Quantity { String = "2" };
        now.Spec.Taints.Clear();
        var readings = 0;

        Assert.Null(Admission(() => now).Check(pod, []).Refused);
        Assert.Equal(1, readings);

        Assert.Equal("OutOfexample.com/gpu", Admission(() => null).Check(pod, []).Refused?.Reason);
        pod.Spec.Containers[0].Resources.Requests.Clear();
        Assert.Equal("NodeAffinity", Admission(() => null).Check(pod, []).Refused?.Reason);
        pod.Spec.NodeSelector["zone"] = "a";
        Assert.Equal("TaintToleration", Admission(() => null).Check(pod, []).Refused?.Reason);
        Assert.Null(Admission(() => now).Check(Pod("b", "0", "0"), []).Refused);

        readings = 0;
        old.Spec.Taints.Clear();
        Assert.Equal("OutOfcpu", Admission(() => now).Check(Pod("c", "3", "0"), []).Refused?.Reason);
        Assert.Equal(0, readings);

        NodeAdmission Admission(Func<V1Node?> read) => new(Facts(), () => old)
        {
            Refresh = () =>
            {
                readings++;
                return read();
            },
        };
    }

    [Fact]
    public void Check_SelectorThatDoesNotMatch_IsNodeAffinity()
    {
        var pod = Pod("a", "0", "0");
        pod.Spec.NodeSelector["zone"] = "b";

        Assert.Equal("NodeAffinity", Check(pod)?.Reason);
    }

    [Fact]
    public void Check_NoExecuteTaint_IsTaintToleration()
    {
        var node = TheNode.Clone();
        node.Spec.Taints.Add(new Taint { Key = "k", Effect = "NoExecute" });

        Assert.Equal("TaintToleration", new NodeAdmission(Facts(), () => node).Check(Pod("a", "0", "0"), []).Refused?.Reason);
    }

    [Theory]
    [InlineData("", "10.0.0.1", "NodePorts")]
    [InlineData("10.0.0.2", "10.0.0.1", null)]
    public void Check_HostPortInUse_ClashesByAddress(string first, string second, string? expected) =>
        Assert.Equal(expected, Check(WithPort("b", second), WithPort("a", first))?.Reason);

    [Fact]
    public void Check_OtherSystem_IsRefused()
    {
        var pod = Pod("a", "0", "0");
        pod.Spec.Os = new PodOS { Name = "windows" };

        Assert.Equal("PodOSNotSupported", Check(pod)?.Reason);
    }

    [Fact]
    public void Check_UsersOfItsOwnOnTheHostsNetwork_NeedANodeThatDeclaresThem()
    {
        var pod = Pod("a", "0", "0");
        (pod.Spec.HostNetwork, pod.Spec.HostUsers) = (true, false);
        Assert.Equal("PodFeatureUnsupported", Check(pod)?.Reason);

        var node = TheNode.Clone();
        node.Status = new NodeStatus { DeclaredFeatures = { "UserNamespacesHostNetworkSupport" } };
        Assert.Null(new NodeAdmission(Facts(), () => node).Check(pod, []).Refused);
    }

    private static Kubelet.Pods.Statuses.Verdict? Check(Pod pod, params Pod[] active) => new NodeAdmission(Facts(), () => TheNode).Check(pod, active).Refused;

    private static NodeFacts Facts() => new("n1", ["192.0.2.1"], Allocatable, Allocatable, "", [], "");

    private static Pod Pod(string name, string cpu, string memory) => new PodBuilder().Container(name, c => PodBuilder.Requests(c, cpu, memory)).Build();

    private static Pod WithPort(string name, string hostIP) => new PodBuilder().Container(name, c => c.Ports.Add(new ContainerPort { HostPort = 80, ContainerPort_ = 80, HostIP = hostIP })).Build();
}
