using System.Collections.Immutable;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Kubelet.Pods.Planning;
using NodeAgent.Kubelet.Probes;
using NodeAgent.Kubelet.Tests.Builders;

namespace NodeAgent.Kubelet.Tests.Pods.Planning;

public class PodPlannerTests
{
    private static readonly DateTimeOffset Now = RuntimeBuilder.Start + TimeSpan.FromMinutes(1);

    /// <summary>A row: the pod, what runs, what the plan has to be in <see cref="Describe"/>'s words.</summary>
    private sealed record Row(string Name, PodBuilder Pod, RuntimeBuilder Runtime, string Expected)
    {
        public Dictionary<string, ProbeVerdict> Probes { get; init; } = [];
    }

    private static readonly Row[] Rows =
    [
        new("a new pod gets a sandbox and all of its containers",
            Pod().Container("a").Container("b"), Runtime(), "sandbox 0; start a#0 b#0"),
        new("what runs is left alone",
            Pod().Container("a"), Runtime().Sandbox().Running("a"), "nothing"),
        new("a container that the sandbox lacks is started",
            Pod().Container("a").Container("b"), Runtime().Sandbox().Running("a"), "start b#0"),
        new("a sandbox that is not ready is replaced and everything starts anew",
            Pod().Container("a"), Runtime().Sandbox(ready: false).Exited("a", 137), "sandbox 1; start a#1"),
        new("what still runs in a broken sandbox is killed first",
            Pod().Container("a"), Runtime().Sandbox(ready: false).Running("a"), "kill pod; sandbox 1; start a#1"),
        new("a sandbox without an address is replaced",
            Pod().Container("a"), Runtime().Sandbox(ip: ""), "kill pod; sandbox 1; start a#0"),
        new("a sandbox in the wrong network namespace is replaced",
            Pod().Container("a").With(p => p.Spec.HostNetwork = true), Runtime().Sandbox(), "kill pod; sandbox 1; start a#0"),
        new("two ready sandboxes are both replaced",
            Pod().Container("a"), Runtime().Sandbox().Sandbox(), "kill pod; sandbox 2; start a#0"),
        new("restartPolicy Never: a lost sandbox does not start the pod again",
            Pod().Restart("Never").Container("a"), Runtime().Sandbox(ready: false).Exited("a", 1), "nothing"),
        new("restartPolicy Never: a sandbox lost before any container was made is made again",
            Pod().Restart("Never").Container("a"), Runtime().Sandbox(ready: false), "sandbox 1; start a#0"),
        new("restartPolicy OnFailure: only what failed starts in the new sandbox",
            Pod().Restart("OnFailure").Container("a").Container("b"), Runtime().Sandbox(ready: false).Exited("a").Exited("b", 1), "sandbox 1; start b#1"),
        new("restartPolicy OnFailure: all succeeded, no new sandbox",
            Pod().Restart("OnFailure").Container("a"), Runtime().Sandbox(ready: false).Exited("a"), "nothing"),
        new("a new sandbox begins with the first init container",
            Pod().Init("i").Init("j").Container("a"), Runtime().Sandbox(ready: false).Exited("i").Exited("j").Exited("a", 1), "sandbox 1; start i#1"),

        new("Always restarts what succeeded", Pod().Container("a"), Runtime().Sandbox().Exited("a"), "start a#1"),
        new("OnFailure restarts what failed", Pod().Restart("OnFailure").Container("a"), Runtime().Sandbox().Exited("a", 2), "start a#1"),
        new("OnFailure ends the pod when all succeeded", Pod().Restart("OnFailure").Container("a"), Runtime().Sandbox().Exited("a"), "kill pod"),
        new("Never ends the pod when all ended", Pod().Restart("Never").Container("a"), Runtime().Sandbox().Exited("a", 1), "kill pod"),
        new("Never keeps the pod while one runs", Pod().Restart("Never").Container("a").Container("b"), Runtime().Sandbox().Exited("a", 1).Running("b"), "nothing"),
        new("a container that was made but not started is made again", Pod().Container("a"), Runtime().Sandbox().Created("a"), "start a#1"),
        new("a container in unknown state is killed first", Pod().Container("a"), Runtime().Sandbox().Unknown("a"), "kill a; start a#1"),
        new("a container's own policy beats the pod's",
            Pod().Restart("Never").Container("a", c => c.RestartPolicy = "OnFailure"), Runtime().Sandbox().Exited("a", 3), "start a#1"),
        new("a restart rule beats the container's policy",
            Pod().Container("a", c => Rule(c, "Never", "In", 42)), Runtime().Sandbox().Exited("a", 42), "start a#1"),
        new("a restart rule that does not match leaves the policy",
            Pod().Container("a", c => Rule(c, "Never", "In", 42)), Runtime().Sandbox().Exited("a", 41), "kill pod"),
        new("a changed image restarts the container whatever the policy",
            Pod().Restart("Never").Container("a"), Runtime().Sandbox().Running("a", hash: "dead"), "kill a (Container a definition changed, will be restarted); start a#1"),
        new("a failed liveness probe restarts",
            Pod().Container("a"), Runtime().Sandbox().Running("a"), "kill a (Container a failed liveness probe, will be restarted); start a#1")
        {
            Probes = { ["a-0"] = new ProbeVerdict(null, null, ProbeOutcome.Failure) },
        },
        new("a failed startup probe under Never ends the container",
            Pod().Restart("Never").Container("a").Container("b"), Runtime().Sandbox().Running("a").Running("b"), "kill a (Container a failed startup probe)")
        {
            Probes = { ["a-0"] = new ProbeVerdict(ProbeOutcome.Failure, null, null) },
        },

        new("init containers run one at a time", Pod().Init("i").Init("j").Container("a"), Runtime().Sandbox().Running("i"), "nothing"),
        new("the next init container follows a success", Pod().Init("i").Init("j").Container("a"), Runtime().Sandbox().Exited("i"), "start j#0"),
        new("the main containers follow the last init container", Pod().Init("i").Container("a"), Runtime().Sandbox().Exited("i"), "start a#0"),
        new("a failed init container is tried again", Pod().Init("i").Container("a"), Runtime().Sandbox().Exited("i", 1), "start i#1"),
        new("a failed init container under Never fails the pod", Pod().Restart("Never").Init("i").Container("a"), Runtime().Sandbox().Exited("i", 1), "kill pod"),
        new("init containers that are gone are not run again when a main container runs",
            Pod().Init("i").Container("a"), Runtime().Sandbox().Running("a"), "nothing"),
        new("the last init container's trace is enough", Pod().Init("i").Init("j").Container("a"), Runtime().Sandbox().Exited("j"), "start a#0"),

        new("a sidecar without startup probe lets the next start at once",
            Pod().Sidecar("s").Init("i").Container("a"), Runtime().Sandbox().Running("s"), "start i#0"),
        new("a sidecar holds the others back until its startup probe succeeds",
            Pod().Sidecar("s", c => c.StartupProbe = new Probe()).Container("a"), Runtime().Sandbox().Running("s"), "nothing"),
        new("a sidecar whose startup probe succeeded lets the main containers start",
            Pod().Sidecar("s", c => c.StartupProbe = new Probe()).Container("a"), Runtime().Sandbox().Running("s"), "start a#0")
        {
            Probes = { ["s-0"] = new ProbeVerdict(ProbeOutcome.Success, null, null) },
        },
        new("a sidecar that ended is restarted while the main container runs",
            Pod().Sidecar("s").Container("a"), Runtime().Sandbox().Exited("s").Running("a"), "start s#1"),
        new("a sidecar is restarted under restartPolicy Never too",
            Pod().Restart("Never").Sidecar("s").Container("a"), Runtime().Sandbox().Exited("s", 1).Running("a"), "start s#1"),
        new("a sidecar whose startup probe failed is restarted",
            Pod().Sidecar("s", c => c.StartupProbe = new Probe()).Container("a"), Runtime().Sandbox().Running("s"), "kill s (Init container s failed startup probe); start s#1")
        {
            Probes = { ["s-0"] = new ProbeVerdict(ProbeOutcome.Failure, null, null) },
        },
        new("sidecars do not keep a pod alive",
            Pod().Restart("Never").Sidecar("s").Container("a"), Runtime().Sandbox().Running("s").Exited("a"), "kill pod"),
        new("a waiting startup probe of a sidecar does not stop a main container from restarting",
            Pod().Sidecar("s", c => c.StartupProbe = new Probe()).Container("a").Container("b"),
            Runtime().Sandbox().Running("s").Exited("a", 1).Running("b"), "start a#1"),

        new("ephemeral containers start during initialization",
            Pod().Init("i").Container("a").Ephemeral("d"), Runtime().Sandbox().Running("i"), "start d#0"),
        new("ephemeral containers are never restarted",
            Pod().Container("a").Ephemeral("d"), Runtime().Sandbox().Running("a").Exited("d", 1), "nothing"),

        new("one dead instance is kept, older ones go",
            Pod().Container("a"), Runtime().Sandbox().Exited("a", 1, 0).Exited("a", 1, 1).Running("a", 2), "remove a-0"),
        new("an empty old sandbox goes",
            Pod().Container("a"), Runtime().Sandbox(ready: false).Sandbox().Running("a"), "remove sandbox-0"),
    ];

    public static TheoryData<string> RowNames => [.. Rows.Select(r => r.Name)];

    [Theory]
    [MemberData(nameof(RowNames))]
    public void Plan_OfEachRow_IsAsExpected(string name)
    {
        var row = Rows.Single(r => r.Name == name);

        var plan = new PodPlanner(BackOffLimits.Crash).Plan(new PlanFacts(row.Pod.Build(), row.Runtime.Build(), row.Probes, ImmutableDictionary<string, BackOff>.Empty, Now));

        Assert.Equal(row.Expected, Describe(plan));
    }

    [Fact]
    public void Plan_WithinTheCrashBackOff_WaitsAndSaysUntilWhen()
    {
        var ended = RuntimeBuilder.Start + TimeSpan.FromSeconds(55);
        var backOffs = ImmutableDictionary<string, BackOff>.Empty.Add("a/img/", new BackOff(TimeSpan.FromSeconds(20), RuntimeBuilder.Start));
        var observed = Runtime().Sandbox().Exited("a", 1, after: TimeSpan.FromSeconds(55)).Build();

        var plan = new PodPlanner(BackOffLimits.Crash).Plan(new PlanFacts(Pod().Container("a").Build(), observed, new Dictionary<string, ProbeVerdict>(), backOffs, Now));

        Assert.Empty(plan.Start);
        Assert.Equal(ended + TimeSpan.FromSeconds(20), plan.LookAgainAt);
        Assert.False(plan.KillPod);
    }

    [Fact]
    public void Plan_AfterTheCrashBackOff_Starts()
    {
        var backOffs = ImmutableDictionary<string, BackOff>.Empty.Add("a/img/", new BackOff(TimeSpan.FromSeconds(20), RuntimeBuilder.Start));
        var observed = Runtime().Sandbox().Exited("a", 1, after: TimeSpan.FromSeconds(40)).Build();

        var plan = new PodPlanner(BackOffLimits.Crash).Plan(new PlanFacts(Pod().Container("a").Build(), observed, new Dictionary<string, ProbeVerdict>(), backOffs, Now));

        Assert.Equal("start a#1", Describe(plan));
    }

    private static PodBuilder Pod() => new();

    private static RuntimeBuilder Runtime() => new();

    private static void Rule(Container container, string policy, string op, int code)
    {
        container.RestartPolicy = policy;
        container.RestartPolicyRules.Add(new ContainerRestartRule { Action = "Restart", ExitCodes = new ContainerRestartRuleOnExitCodes { Operator = op, Values = { code } } });
    }

    private static string Describe(PodPlan plan)
    {
        List<string> parts = [];
        if (plan.KillPod)
        {
            parts.Add("kill pod");
        }

        foreach (var kill in plan.Kill)
        {
            parts.Add(kill.Message.Contains("unknown", StringComparison.Ordinal) ? $"kill {kill.Spec.Name}" : $"kill {kill.Spec.Name} ({kill.Message})");
        }

        if (plan.NewSandbox is { } sandbox)
        {
            parts.Add($"sandbox {sandbox.Attempt}");
        }

        if (plan.Start.Length > 0)
        {
            parts.Add("start " + string.Join(' ', plan.Start.Select(s => $"{s.Spec.Name}#{s.RestartCount}")));
        }

        parts.AddRange(plan.RemoveContainers.Concat(plan.RemoveSandboxes).Select(id => $"remove {id}"));
        return parts.Count > 0 ? string.Join("; ", parts) : "nothing";
    }
}
