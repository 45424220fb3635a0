using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Kubelet.Pods.Planning;
using NodeAgent.Kubelet.Pods.Statuses;
using NodeAgent.Kubelet.Tests.Builders;

namespace NodeAgent.Kubelet.Tests.Pods.Planning;

public class RestartOfAllTests
{
    private const int Code = 88;
    private static readonly DateTimeOffset Now = RuntimeBuilder.Start + TimeSpan.FromMinutes(1);

    [Fact]
    public void Plan_AfterTheExitCode_RemovesEveryInstance_TheCauseLast()
    {
        var observed = new RuntimeBuilder().Sandbox().Exited("init").Running("side").Exited("watcher", 1).Exited("watcher", Code, restarts: 1).Running("worker").Build();

        var reset = RestartOfAll.Plan(PodOf(), observed);

        Assert.Equal(["worker-0", "watcher-0", "side-0", "init-0", "watcher-1"], reset.Select(r => r.Container.Id));
        Assert.Equal(["watcher-1"], reset.Where(r => r.IsCause).Select(r => r.Container.Id));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Plan_AfterAnotherExitCode_IsEmpty(int code) =>
        Assert.Empty(RestartOfAll.Plan(PodOf(), new RuntimeBuilder().Sandbox().Running("worker").Exited("watcher", code).Build()));

    [Fact]
    public void Plan_WhenTheCauseRunsAgain_IsEmpty() =>
        Assert.Empty(RestartOfAll.Plan(PodOf(), new RuntimeBuilder().Sandbox().Exited("watcher", Code).Running("watcher", 1).Build()));

    [Fact]
    public void Planner_ResetsBeforeAnythingElse_AndThenBeginsWithTheFirstInitContainer()
    {
        var planner = new PodPlanner(BackOffLimits.CrashUpTo(TimeSpan.FromMinutes(5)));
        PodPlan Plan(RuntimeBuilder runtime) => planner.Plan(new PlanFacts(PodOf(), runtime.Build(), new Dictionary<string, Kubelet.Probes.ProbeVerdict>(), [], Now));

        var reset = Plan(new RuntimeBuilder().Sandbox().Exited("watcher", Code).Exited("worker", 1));
        Assert.Equal((2, 0), (reset.Reset.Length, reset.Start.Length));

        var begin = Plan(new RuntimeBuilder().Sandbox());
        Assert.Equal(["init"], begin.Start.Select(s => s.Spec.Name));
        Assert.Null(begin.NewSandbox);
    }

    [Fact]
    public void Status_GoesThroughTheRestart_WithoutLeavingRunningOrInitialized()
    {
        var running = Compose(PodOf().Status, new RuntimeBuilder().Sandbox().Exited("init").Running("side").Running("watcher").Running("worker"));
        Assert.Equal(("Running", "False"), (running.Phase, Condition(running, PodConditions.AllContainersRestarting)));

        var asked = Compose(running, new RuntimeBuilder().Sandbox().Exited("init").Running("side").Exited("watcher", Code).Running("worker"));
        Assert.Equal(("Running", "True"), (asked.Phase, Condition(asked, PodConditions.AllContainersRestarting)));
        Assert.Equal(("RestartAllContainersStarted", "container exited with restart policy rule"), (asked.Conditions.Single(c => c.Type == PodConditions.AllContainersRestarting).Reason, asked.Conditions.Single(c => c.Type == PodConditions.AllContainersRestarting).Message));

        var removed = Compose(asked, new RuntimeBuilder().Sandbox());
        Assert.Equal(("Running", "False", "True"), (removed.Phase, Condition(removed, PodConditions.AllContainersRestarting), Condition(removed, "Initialized")));
        Assert.All(removed.InitContainerStatuses.Concat(removed.ContainerStatuses), s =>
        {
            Assert.Equal(("RestartingAllContainers", "RestartingAllContainers", 137, 1), (s.State.Waiting.Reason, s.LastState.Terminated.Reason, s.LastState.Terminated.ExitCode, s.RestartCount));
            Assert.False(s.Ready);
        });

        var again = Compose(removed, new RuntimeBuilder().Sandbox().Exited("init", restarts: 1).Running("side", 1).Running("watcher", 1).Running("worker", 1));
        Assert.Equal(("Running", "False"), (again.Phase, Condition(again, PodConditions.AllContainersRestarting)));
        Assert.All(again.InitContainerStatuses.Concat(again.ContainerStatuses), s => Assert.Equal((1, "RestartingAllContainers"), (s.RestartCount, s.LastState.Terminated.Reason)));
    }

    [Fact]
    public void Status_OfAPodWithoutSuchRules_HasNoSuchCondition()
    {
        var pod = new PodBuilder().Container("a").Build();

        var status = PodStatusComposer.Compose(new StatusFacts { Pod = pod, Previous = pod.Status, Observed = new RuntimeBuilder().Sandbox().Running("a").Build(), Now = Now });

        Assert.DoesNotContain(status.Conditions, c => c.Type == PodConditions.AllContainersRestarting);
    }

    private static PodStatus Compose(PodStatus previous, RuntimeBuilder runtime) =>
        PodStatusComposer.Compose(new StatusFacts { Pod = PodOf(), Previous = previous, Observed = runtime.Build(), Now = Now });

    private static string Condition(PodStatus status, string type) => status.Conditions.Single(c => c.Type == type).Status;

    private static Pod PodOf() => new PodBuilder().Restart("Never").Init("init").Sidecar("side").Container("worker").Container("watcher", c =>
    {
        c.RestartPolicy = "Never";
        c.RestartPolicyRules.Add(new ContainerRestartRule { Action = "RestartAllContainers", ExitCodes = new ContainerRestartRuleOnExitCodes { Operator = "In", Values = { Code } } });
    }).Build();
}
