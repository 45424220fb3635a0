using System.Globalization;
using System.Text;
using NodeAgent.Cluster.Tests.EndToEnd;
using NodeAgent.DevCluster.Processes;
using NodeAgent.KubeApi.Core.V1;

namespace NodeAgent.Cluster.Tests.PodLife;

/// <summary>What the node says to pods that come to it without a scheduler having looked at it.</summary>
public abstract partial class PodLifeTests
{
    private const int OsSince = 25;
    private const int GroupsPolicySince = 33;

    private static readonly PodManifest[] AdmissionPods =
    [
        new("wants-too-much", """
            nodeName: NODE-NAME
            containers:
            - {name: main, image: IMAGE, command: [sleep, "3600"], resources: {requests: {cpu: "1000"}}}
            """),
        new("wants-another-node", """
            nodeName: NODE-NAME
            nodeSelector: {zone: nowhere}
            containers:
            - {name: main, image: IMAGE, command: [sleep, "3600"]}
            """),
        new("wants-a-sysctl", """
            securityContext: {sysctls: [{name: net.core.somaxconn, value: "1024"}]}
            containers:
            - {name: main, image: IMAGE, command: [sleep, "3600"]}
            """),
        new("wants-another-os", """
            nodeName: NODE-NAME
            os: {name: windows}
            containers:
            - {name: main, image: IMAGE, command: [sleep, "3600"]}
            """, OsSince),
        new("wants-its-groups-alone", """
            nodeName: NODE-NAME
            terminationGracePeriodSeconds: 1
            securityContext: {supplementalGroupsPolicy: Strict}
            containers:
            - {name: main, image: IMAGE, command: [sleep, "3600"]}
            """, GroupsPolicySince),
        new("has-overhead", """
            runtimeClassName: heavy
            terminationGracePeriodSeconds: 1
            containers:
            - {name: main, image: IMAGE, command: [sleep, "3600"], resources: {requests: {memory: 16Mi}, limits: {cpu: 50m, memory: 32Mi}}}
            """),
        new("has-a-sysctl", """
            terminationGracePeriodSeconds: 1
            securityContext: {sysctls: [{name: net.ipv4.ip_unprivileged_port_start, value: "79"}]}
            containers:
            - {name: main, image: IMAGE, command: [sleep, "3600"]}
            """),
        new("port-a", """
            nodeName: NODE-NAME
            terminationGracePeriodSeconds: 1
            containers:
            - {name: main, image: IMAGE, command: [sleep, "3600"], ports: [{containerPort: 80, hostPort: 18080}]}
            """),
        new("port-b", """
            nodeName: NODE-NAME
            terminationGracePeriodSeconds: 1
            containers:
            - {name: main, image: IMAGE, command: [sleep, "3600"], ports: [{containerPort: 80, hostPort: 18080}]}
            """),
    ];

    [Theory]
    [InlineData("wants-too-much", "OutOfcpu", "Node didn't have enough resource: cpu, requested: 1000000, used: ")]
    [InlineData("wants-another-node", "NodeAffinity", "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector")]
    [InlineData("wants-a-sysctl", "SysctlForbidden", "forbidden sysctl: \"net.core.somaxconn\" not allowlisted")]
    public async Task Pod_ThatTheNodeCannotTake_FailsWithUpstreamsReason(string name, string reason, string message)
    {
        var pod = await PhaseAsync(name, "Failed");

        Assert.Equal(reason, pod.Status.Reason);
        Assert.StartsWith("Pod was rejected: " + message, pod.Status.Message, StringComparison.Ordinal);
        await History.WaitForEventAsync(name, reason, message);
    }

    [FactSince(OsSince, "the operating system of a pod")]
    public async Task Pod_ForAnotherSystem_IsRefused()
    {
        var pod = await PhaseAsync("wants-another-os", "Failed");

        Assert.Equal(("PodOSNotSupported", "Pod was rejected: Failed to admit pod as the OS field doesn't match node OS"), (pod.Status.Reason, pod.Status.Message));
    }

    [FactSince(GroupsPolicySince, "the policy of supplemental groups")]
    public async Task Pod_WhoseGroupsPolicyTheRuntimeDoesNotKnow_IsRefused()
    {
        if (await cluster.FieldAsync("node", NodeCluster.NodeName, ".status.features.supplementalGroupsPolicy") == "true")
        {
            await ReadyAsync("wants-its-groups-alone");
            return;
        }

        var pod = await PhaseAsync("wants-its-groups-alone", "Failed");
        Assert.Equal(("SupplementalGroupsPolicyNotSupported", "Pod was rejected: SupplementalGroupsPolicy=Strict is not supported in this node"), (pod.Status.Reason, pod.Status.Message));
    }

    [Fact]
    public async Task Overhead_OfTheRuntimeClass_IsAddedToThePodsCgroup()
    {
        var pod = await ReadyAsync("has-overhead");

        Assert.Equal((32 + 48) * 1024 * 1024, long.Parse(MemoryLimitOfPod(pod), CultureInfo.InvariantCulture));
        Assert.Equal("33554432", await cluster.KubectlAsync("exec", "has-overhead", "--", "sh", "-c", OwnMemoryLimit));
    }

    [Fact]
    public async Task HostPort_IsForOnePodAtATime()
    {
        await Wait.UntilAsync("one of both to be refused", TimeSpan.FromSeconds(120), () => Task.FromResult(
            new[] { "port-a", "port-b" }.Any(n => History.Of(n).Any(p => p.Status is { Phase: "Failed", Reason: "NodePorts" }))));
        await Wait.UntilAsync("the other one to run", TimeSpan.FromSeconds(120), () => Task.FromResult(
            new[] { "port-a", "port-b" }.Count(n => History.Of(n).Any(p => p.Status?.Phase == "Running")) == 1));
    }

    [Fact]
    public async Task SafeSysctl_IsSet()
    {
        await ReadyAsync("has-a-sysctl");

        Assert.Equal("79", await cluster.KubectlAsync("exec", "has-a-sysctl", "--", "cat", "/proc/sys/net/ipv4/ip_unprivileged_port_start"));
    }

    [Fact]
    public async Task FinishedPod_FreesItsShare_AndACriticalPodTakesThatOfOthers()
    {
        var most = (await MemoryAsync()) * 6 / 10;
        await ApplyBigAsync("big-done", most, "restartPolicy: Never", "'true'");
        await PhaseAsync("big-done", "Succeeded");
        await ApplyBigAsync("big-lives", most, "terminationGracePeriodSeconds: 1", "sleep, '3600'");
        await RunningAsync("big-lives");
        await ApplyBigAsync("big-late", most, "terminationGracePeriodSeconds: 1", "sleep, '3600'");
        Assert.Equal("OutOfmemory", (await PhaseAsync("big-late", "Failed")).Status.Reason);

        await ApplyBigAsync("big-critical", most, "terminationGracePeriodSeconds: 1\n  priorityClassName: system-node-critical", "sleep, '3600'", "kube-system");
        var victim = await PhaseAsync("big-lives", "Failed");
        Assert.Equal(("Preempting", "Preempted in order to admit critical pod"), (victim.Status.Reason, victim.Status.Message));
        Assert.Equal(("True", "TerminationByKubelet"), (ConditionOf(victim, "DisruptionTarget")?.Status, ConditionOf(victim, "DisruptionTarget")?.Reason));
        await RunningAsync("big-critical");
        await cluster.KubectlAsync("delete", "pod", "big-critical", "-n", "kube-system", "--wait=false");
        await DeleteAsync("big-lives");
    }

    /// <summary>The scheduler gives its room away as soon as its object is gone.</summary>
    [Fact]
    public async Task PodDeletedByForce_HoldsNoRoomWhileItEnds()
    {
        var most = (await MemoryAsync()) * 6 / 10;
        await ApplyBigAsync("big-forced", most, "terminationGracePeriodSeconds: 20", "sleep, '3600'");
        await RunningAsync("big-forced");

        await DeleteAsync("big-forced", "--force", "--grace-period=0");
        await ApplyBigAsync("big-next", most, "terminationGracePeriodSeconds: 1", "sleep, '3600'");

        await RunningAsync("big-next");
        await DeleteAsync("big-next");
        await History.WaitUntilGoneAsync("big-next");
    }

    /// <summary>What others say of the node counts at once, for pods that come right behind it too.</summary>
    [Fact]
    public async Task Node_LabelledAndExtendedJustNow_TakesThePodsThatCountOnIt()
    {
        try
        {
            foreach (var amount in (int[])[1, 9])
            {
                var name = $"counts-on-{amount}";
                await SayOfNodeAsync($"\"{amount}\"");
                await cluster.Client.CreateAsync(NodeAgent.KubeApi.Resources.Pods, CountingOn(name, amount), CancellationToken.None);
                await RunningAsync(name);
            }

            await DeleteAsync("counts-on-1", "counts-on-9");
        }
        finally
        {
            await SayOfNodeAsync("null");
        }
    }

    /// <summary>Gives the node a label and an extended resource, both of that value; null takes them away.</summary>
    private async Task SayOfNodeAsync(string value)
    {
        await PatchAsync("""{"metadata": {"labels": {"just-now": VALUE}}}""", null);
        await PatchAsync("""{"status": {"capacity": {"example.com/just-now": VALUE}, "allocatable": {"example.com/just-now": VALUE}}}""", "status");

        Task PatchAsync(string patch, string? subresource) => cluster.Client.PatchAsync(
            NodeAgent.KubeApi.Resources.Nodes, null, NodeCluster.NodeName, NodeAgent.KubeApi.Client.PatchType.StrategicMerge, Encoding.UTF8.GetBytes(patch.Replace("VALUE", value, StringComparison.Ordinal)), CancellationToken.None, subresource);
    }

    /// <summary>It leaves room for the one before it, and wants more than that one saw.</summary>
    private static Pod CountingOn(string name, int amount)
    {
        var resources = new ResourceRequirements();
        resources.Requests["example.com/just-now"] = resources.Limits["example.com/just-now"] = new NodeAgent.KubeApi.Meta.Quantity { String = $"{Math.Max(1, amount / 2)}" };
        return new Pod
        {
            Metadata = new NodeAgent.KubeApi.Meta.V1.ObjectMeta { Name = name, Namespace = "default" },
            Spec = new PodSpec
            {
                NodeName = NodeCluster.NodeName,
                NodeSelector = { ["just-now"] = $"{amount}" },
                TerminationGracePeriodSeconds = 1,
                Containers = { new Container { Name = "main", Image = DevCluster.Images.TestImages.BusyboxName, Command = { "sleep", "3600" }, Resources = resources } },
            },
        };
    }

    private Task ApplyBigAsync(string name, long memory, string spec, string command, string ns = "default") => cluster.ApplyAsync(
        $"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: {ns}}}\nspec:\n  nodeName: {NodeCluster.NodeName}\n  {spec}\n"
        + $"  containers:\n  - {{name: main, image: {DevCluster.Images.TestImages.BusyboxName}, command: [{command}], resources: {{requests: {{memory: '{memory}'}}}}}}\n");

    private async Task<long> MemoryAsync()
    {
        var text = await cluster.FieldAsync("node", NodeCluster.NodeName, ".status.allocatable.memory");
        return text.EndsWith("Ki", StringComparison.Ordinal) ? long.Parse(text[..^2], CultureInfo.InvariantCulture) * 1024 : long.Parse(text, CultureInfo.InvariantCulture);
    }
}
