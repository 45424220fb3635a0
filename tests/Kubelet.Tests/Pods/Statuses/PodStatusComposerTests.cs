using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Statuses;
using NodeAgent.Kubelet.Probes;
using NodeAgent.Kubelet.Tests.Builders;

namespace NodeAgent.Kubelet.Tests.Pods.Statuses;

public class PodStatusComposerTests
{
    private static readonly DateTimeOffset Now = RuntimeBuilder.Start + TimeSpan.FromMinutes(1);

    private sealed record Row(string Name, PodBuilder Pod, RuntimeBuilder Runtime, string Phase, string Containers, string Conditions)
    {
        public Dictionary<string, ProbeVerdict> Probes { get; init; } = [];

        public Dictionary<string, StartFailure> Failures { get; init; } = [];

        public PodStatus? Previous { get; init; }

        public bool Terminated { get; init; }

        public Verdict? Verdict { get; init; }
    }

    private static readonly Row[] Rows =
    [
        new("a new pod", Pod().Container("a"), Runtime(), "Pending", "a:ContainerCreating", "Scheduled Initialized"),
        new("with a sandbox", Pod().Container("a"), Runtime().Sandbox(), "Pending", "a:ContainerCreating", "Sandbox Scheduled Initialized"),
        new("a new pod with init containers", Pod().Init("i").Container("a"), Runtime().Sandbox(), "Pending", "i:PodInitializing a:PodInitializing", "Sandbox Scheduled"),
        new("while an init container runs", Pod().Init("i").Container("a"), Runtime().Sandbox().Running("i"), "Pending", "i:Running+ a:PodInitializing", "Sandbox Scheduled"),
        new("after the init containers", Pod().Init("i").Container("a"), Runtime().Sandbox().Exited("i").Running("a"), "Running", "i:Completed(0)! a:Running+!", "Sandbox Scheduled Initialized ContainersReady Ready"),
        new("running without probes is ready", Pod().Container("a"), Runtime().Sandbox().Running("a"), "Running", "a:Running+!", "Sandbox Scheduled Initialized ContainersReady Ready"),
        new("running with a readiness probe that has not succeeded is not ready",
            Pod().Container("a", c => c.ReadinessProbe = new Probe()), Runtime().Sandbox().Running("a"), "Running", "a:Running+", "Sandbox Scheduled Initialized"),
        new("running with a readiness probe that succeeded is ready",
            Pod().Container("a", c => c.ReadinessProbe = new Probe()), Runtime().Sandbox().Running("a"), "Running", "a:Running+!", "Sandbox Scheduled Initialized ContainersReady Ready")
        {
            Probes = { ["a-0"] = new ProbeVerdict(null, ProbeOutcome.Success, null) },
        },
        new("a startup probe that has not succeeded: not started, not ready",
            Pod().Container("a", c => c.StartupProbe = new Probe()), Runtime().Sandbox().Running("a"), "Running", "a:Running", "Sandbox Scheduled Initialized"),
        new("one of two ready", Pod().Container("a").Container("b", c => c.ReadinessProbe = new Probe()), Runtime().Sandbox().Running("a").Running("b"), "Running", "a:Running+! b:Running+", "Sandbox Scheduled Initialized"),
        new("crash loop",
            Pod().Container("a"), Runtime().Sandbox().Exited("a", 1), "Running", "a:CrashLoopBackOff<Error(1)", "Sandbox Scheduled Initialized")
        {
            Failures = { ["a"] = new StartFailure("CrashLoopBackOff", "back-off 10s") },
        },
        new("an image that cannot be pulled",
            Pod().Container("a"), Runtime().Sandbox(), "Pending", "a:ErrImagePull", "Sandbox Scheduled Initialized")
        {
            Failures = { ["a"] = new StartFailure("ErrImagePull", "not found") },
        },
        new("a failure is forgotten when the container runs",
            Pod().Container("a"), Runtime().Sandbox().Running("a"), "Running", "a:Running+!", "Sandbox Scheduled Initialized ContainersReady Ready")
        {
            Failures = { ["a"] = new StartFailure("ErrImagePull", "not found") },
        },
        new("between two instances under Always", Pod().Container("a"), Runtime().Sandbox().Exited("a", 1), "Running", "a:Error(1)", "Sandbox Scheduled Initialized"),
        new("all succeeded under Never", Pod().Restart("Never").Container("a"), Runtime().Sandbox().Exited("a"), "Succeeded", "a:Completed(0)", "Sandbox Scheduled Initialized"),
        new("one failed under Never", Pod().Restart("Never").Container("a").Container("b"), Runtime().Sandbox().Exited("a").Exited("b", 2), "Failed", "a:Completed(0) b:Error(2)", "Sandbox Scheduled Initialized"),
        new("one of two ended under Never", Pod().Restart("Never").Container("a").Container("b"), Runtime().Sandbox().Exited("a").Running("b"), "Running", "a:Completed(0) b:Running+!", "Sandbox Scheduled Initialized"),
        new("failed under OnFailure goes on", Pod().Restart("OnFailure").Container("a"), Runtime().Sandbox().Exited("a", 1), "Running", "a:Error(1)", "Sandbox Scheduled Initialized"),
        new("an init container failed under Never", Pod().Restart("Never").Init("i").Container("a"), Runtime().Sandbox().Exited("i", 1), "Failed", "i:Error(1) a:PodInitializing", "Sandbox Scheduled"),
        new("an init container in back-off", Pod().Init("i").Container("a"), Runtime().Sandbox().Exited("i", 1), "Pending", "i:CrashLoopBackOff<Error(1) a:PodInitializing", "Sandbox Scheduled")
        {
            Failures = { ["i"] = new StartFailure("CrashLoopBackOff", "back-off 10s") },
        },
        new("a sidecar runs, the main container is being made", Pod().Sidecar("s").Container("a"), Runtime().Sandbox().Running("s"), "Pending", "s:Running+! a:PodInitializing", "Sandbox Scheduled Initialized"),
        new("a sidecar restarts beside a running main container", Pod().Sidecar("s").Container("a"), Runtime().Sandbox().Exited("s", 1).Running("a"), "Running", "s:Error(1) a:Running+!", "Sandbox Scheduled Initialized"),
        new("a sidecar still runs when the main container is done", Pod().Restart("Never").Sidecar("s").Container("a"), Runtime().Sandbox().Running("s").Exited("a"), "Running", "s:Running+! a:Completed(0)", "Sandbox Scheduled Initialized"),
        new("the deleted pod whose container got SIGTERM",
            Pod().Container("a").Deleted(), Runtime().Sandbox(ready: false).Exited("a", 143), "Failed", "a:Error(143)", "Scheduled Initialized")
        {
            Terminated = true,
        },
        new("the deleted pod whose container ended well",
            Pod().Container("a").Deleted(), Runtime().Sandbox(ready: false).Exited("a"), "Succeeded", "a:Completed(0)", "Scheduled Initialized")
        {
            Terminated = true,
        },
        new("the deleted pod of which nothing is left in the runtime",
            Pod().Container("a").Deleted(), Runtime(), "Failed", "a:ContainerStatusUnknown(137)", "Scheduled Initialized")
        {
            Terminated = true,
        },
        new("evicted", Pod().Container("a"), Runtime().Sandbox(ready: false).Exited("a", 137), "Failed", "a:Error(137)", "Scheduled Initialized")
        {
            Terminated = true,
            Verdict = new Verdict("Evicted", "The node was low on resource: memory. "),
        },
        new("a final phase is not told while a container still runs",
            Pod().Container("a"), Runtime().Sandbox().Running("a"), "Running", "a:Running+!", "Sandbox Scheduled Initialized ContainersReady Ready")
        {
            Verdict = new Verdict("Evicted", "memory"),
        },
        new("a readiness gate that nobody has set",
            Pod().Container("a").With(p => p.Spec.ReadinessGates.Add(new PodReadinessGate { ConditionType = "x/y" })), Runtime().Sandbox().Running("a"),
            "Running", "a:Running+!", "Sandbox Scheduled Initialized ContainersReady"),
    ];

    public static TheoryData<string> RowNames => [.. Rows.Select(r => r.Name)];

    [Theory]
    [MemberData(nameof(RowNames))]
    public void Compose_OfEachRow_IsAsExpected(string name)
    {
        var row = Rows.Single(r => r.Name == name);
        var pod = row.Pod.Build();

        var status = PodStatusComposer.Compose(new StatusFacts
        {
            Pod = pod,
            Previous = row.Previous ?? pod.Status,
            Observed = row.Runtime.Build(),
            Now = Now,
            Probes = row.Probes,
            Failures = row.Failures,
            IsTerminated = row.Terminated,
            FailedBecause = row.Verdict,
            HostIPs = ["192.0.2.1"],
        });

        Assert.Equal((row.Phase, row.Containers, row.Conditions), (status.Phase, Containers(status), Conditions(status)));
    }

    [Theory]
    [InlineData("Enabled", true, "Enabled")]
    [InlineData("IfPossible", true, "Enabled")]
    [InlineData("IfPossible", false, "Disabled")]
    [InlineData("Disabled", true, "Disabled")]
    [InlineData("", true, "Disabled")]
    public void Compose_ReadOnlyMount_TellsWhetherAllBelowItIsReadOnly(string asked, bool isSupported, string told)
    {
        var pod = Pod().Container("a").With(p => p.Spec.Containers[0].VolumeMounts.Add(new VolumeMount { Name = "v", MountPath = "/v", ReadOnly = true, RecursiveReadOnly = asked })).Build();
        var facts = Facts(pod, pod.Status, Runtime().Sandbox().Running("a").Build(), Now) with { RecursiveReadOnly = isSupported };

        var first = PodStatusComposer.Compose(facts);
        var afterRestart = PodStatusComposer.Compose(facts with { Previous = first, RecursiveReadOnly = null });

        Assert.Equal(told, first.ContainerStatuses[0].VolumeMounts[0].RecursiveReadOnly);
        Assert.Equal(told, afterRestart.ContainerStatuses[0].VolumeMounts[0].RecursiveReadOnly);
    }

    [Fact]
    public void Compose_ConditionThatDidNotChange_KeepsItsTransitionTime()
    {
        var pod = Pod().Container("a").Build();
        var first = PodStatusComposer.Compose(Facts(pod, pod.Status, Runtime().Sandbox().Build(), Now));
        var second = PodStatusComposer.Compose(Facts(pod, first, Runtime().Sandbox().Running("a").Build(), Now + TimeSpan.FromMinutes(5)));

        Assert.Equal(Now.ToUnixTimeSeconds(), Condition(second, "PodScheduled").LastTransitionTime.Seconds);
        Assert.Equal((Now + TimeSpan.FromMinutes(5)).ToUnixTimeSeconds(), Condition(second, "Ready").LastTransitionTime.Seconds);
        Assert.Equal(first.StartTime, second.StartTime);
    }

    [Fact]
    public void Compose_TwiceFromTheSameFacts_IsEqual()
    {
        var pod = Pod().Init("i").Container("a", c => c.ReadinessProbe = new Probe()).Build();
        var observed = Runtime().Sandbox().Exited("i").Exited("a", 1).Running("a", 1).Build();
        var first = PodStatusComposer.Compose(Facts(pod, pod.Status, observed, Now));

        var second = PodStatusComposer.Compose(Facts(pod, first, observed, Now + TimeSpan.FromHours(1)));

        Assert.Equal(first, second);
    }

    [Fact]
    public void Compose_AfterAKubeletRestart_KeepsReadyAndStartedOfTheSameInstance()
    {
        var pod = Pod().Container("a", c => (c.ReadinessProbe, c.StartupProbe) = (new Probe(), new Probe())).Build();
        var observed = Runtime().Sandbox().Running("a").Build();
        pod.Status.ContainerStatuses.Add(new ContainerStatus { Name = "a", ContainerID = "containerd://a-0", Started = true, Ready = true, State = new ContainerState { Running = new ContainerStateRunning() } });

        var status = PodStatusComposer.Compose(Facts(pod, pod.Status, observed, Now));

        Assert.True(status.ContainerStatuses[0].Started);
        Assert.True(status.ContainerStatuses[0].Ready);
    }

    [Fact]
    public void Compose_RestartedContainer_ShowsItsLastEndAndTheCount()
    {
        var pod = Pod().Container("a").Build();
        var observed = Runtime().Sandbox().Exited("a", 7).Running("a", 1).Build();

        var status = PodStatusComposer.Compose(Facts(pod, pod.Status, observed, Now)).ContainerStatuses[0];

        Assert.Equal((1, 7, "containerd://a-0"), (status.RestartCount, status.LastState.Terminated.ExitCode, status.LastState.Terminated.ContainerID));
    }

    [Fact]
    public void Compose_ConditionOfSomebodyElse_IsCarriedAlong()
    {
        var pod = Pod().Container("a").Build();
        pod.Status.Conditions.Add(new PodCondition { Type = "x/y", Status = "True", LastTransitionTime = new Time { Seconds = 5 } });

        var status = PodStatusComposer.Compose(Facts(pod, pod.Status, Runtime().Build(), Now));

        Assert.Equal(5, Condition(status, "x/y").LastTransitionTime.Seconds);
    }

    [Fact]
    public void Compose_Generation_IsObservedInStatusAndConditions()
    {
        var pod = Pod().Container("a").With(p => p.Metadata.Generation = 4).Build();

        var status = PodStatusComposer.Compose(Facts(pod, pod.Status, Runtime().Build(), Now));

        Assert.Equal(4, status.ObservedGeneration);
        Assert.All(status.Conditions, c => Assert.Equal(4, c.ObservedGeneration));
    }

    [Fact]
    public void Compose_Addresses_AreTheSandboxesAndTheHosts()
    {
        var pod = Pod().Container("a").Build();

        var status = PodStatusComposer.Compose(Facts(pod, pod.Status, Runtime().Sandbox().Build(), Now));

        Assert.Equal(("10.0.0.5", "192.0.2.1"), (status.PodIP, status.HostIP));
    }

    [Fact]
    public void Compose_HostNetwork_HasTheHostsAddress()
    {
        var pod = Pod().Container("a").With(p => p.Spec.HostNetwork = true).Build();

        var status = PodStatusComposer.Compose(Facts(pod, pod.Status, Runtime().Sandbox(ip: "", hostNetwork: true).Build(), Now));

        Assert.Equal("192.0.2.1", Assert.Single(status.PodIPs).Ip);
    }

    [Fact]
    public void Compose_NotReadyContainers_AreNamedAsUpstreamNamesThem()
    {
        var pod = Pod().Container("a").Container("b").Build();

        var status = PodStatusComposer.Compose(Facts(pod, pod.Status, Runtime().Sandbox().Build(), Now));

        Assert.Equal(("ContainersNotReady", "containers with unready status: [a b]"), (Condition(status, "Ready").Reason, Condition(status, "Ready").Message));
    }

    private static StatusFacts Facts(Pod pod, PodStatus previous, ObservedPod observed, DateTimeOffset now) =>
        new() { Pod = pod, Previous = previous, Observed = observed, Now = now, HostIPs = ["192.0.2.1"] };

    private static PodCondition Condition(PodStatus status, string type) => Assert.Single(status.Conditions, c => c.Type == type);

    private static PodBuilder Pod() => new();

    private static RuntimeBuilder Runtime() => new();

    /// <summary>name:state, then + for started, ! for ready, and the last state behind a less-than sign.</summary>
    private static string Containers(PodStatus status) => string.Join(' ', status.InitContainerStatuses.Concat(status.ContainerStatuses).Select(s =>
        $"{s.Name}:{State(s.State)}{(s.Started ? "+" : "")}{(s.Ready ? "!" : "")}{(s.LastState?.Terminated is not null ? "<" + State(s.LastState) : "")}"));

    private static string State(ContainerState state) => state switch
    {
        { Running: not null } => "Running",
        { Terminated: { } t } => $"{t.Reason}({t.ExitCode})",
        _ => state.Waiting.Reason,
    };

    private static string Conditions(PodStatus status)
    {
        (string Type, string Name)[] names = [("PodReadyToStartContainers", "Sandbox"), ("PodScheduled", "Scheduled"), ("Initialized", "Initialized"), ("ContainersReady", "ContainersReady"), ("Ready", "Ready")];
        return string.Join(' ', names.Where(n => status.Conditions.Any(c => c.Type == n.Type && c.Status == "True")).Select(n => n.Name));
    }
}
