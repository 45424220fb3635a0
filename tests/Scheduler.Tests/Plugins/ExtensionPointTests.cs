using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Objects;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Plugins.PrioritySort;
using NodeAgent.Scheduler.Queue;
using NodeAgent.Testing;

namespace NodeAgent.Scheduler.Tests.Plugins;

/// <summary>What each answer of a plugin at each extension point does to the pod.</summary>
public sealed class ExtensionPointTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly MetricsRegistry _metrics = new();
    private readonly InMemoryKubeClient _client = new();
    private readonly RecordedEvents _events = new();
    private readonly ProbePlugin _probe = new();
    private readonly SchedulerLoop _loop;

    public ExtensionPointTests()
    {
        var profile = new Profile("default-scheduler")
        {
            QueueSort = new PrioritySortPlugin(),
            PreEnqueue = [_probe],
            PreFilter = [_probe],
            Filter = [_probe],
            PostFilter = [_probe],
            PreScore = [_probe],
            Score = [new WeightedScore(_probe, 1)],
            Reserve = [_probe],
            Permit = [_probe],
            PreBind = [_probe],
            Bind = [_probe],
            PostBind = [_probe],
            Plugins = [_probe],
        };
        var services = new LoopServices(_client, _client.Discovery, _events, new SchedulerMetrics(_metrics, TimeProvider.System), NullLoggerFactory.Instance, _time, new Random(1), new Mailbox(), new WaitingPods());
        _loop = new SchedulerLoop(new Dictionary<string, Profile> { [profile.Name] = profile }, new SchedulerOptions(), services);
        _loop.Mailbox.Post(new Change(ChangeKind.Node, null, Make.Node("a")));
        _loop.Mailbox.Post(new Change(ChangeKind.Node, null, Make.Node("b")));
    }

    [Fact]
    public async Task AllSucceed_PointsAreCalledInOrder()
    {
        Add("p");

        await SettleAsync();

        Assert.Equal(["PreEnqueue", "PreFilter", "Filter", "PreScore", "Score", "Normalize", "Reserve", "Permit", "PreBindPreFlight", "PreBind", "Bind", "PostBind"], _probe.Calls);
        Assert.Contains(_events.Lines, l => l.StartsWith("Normal Scheduled", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AllSucceed_EveryPointIsTimed()
    {
        Add("p");

        await SettleAsync();

        var text = Encoding.UTF8.GetString(_metrics.Expose().Span);
        foreach (var point in (string[])["PreFilter", "Filter", "PreScore", "Score", "Reserve", "Permit", "PreBind", "Bind", "PostBind"])
        {
            Assert.Contains($"scheduler_framework_extension_point_duration_seconds_count{{extension_point=\"{point}\",status=\"Success\",profile=\"default-scheduler\"}} 1\n", text);
            Assert.Contains($"scheduler_plugin_execution_duration_seconds_count{{plugin=\"{_probe.Name}\",extension_point=\"{point}\",status=\"Success\"}} 1\n", text);
        }
    }

    [Theory]
    [InlineData("PreFilter", "Filter")]
    [InlineData("PreScore", "Score")]
    [InlineData("PreBindPreFlight", "PreBind")]
    public async Task Skip_LeavesThePluginsNextCallOut(string point, string leftOut)
    {
        _probe.Answers[point] = () => Status.Skip;
        Add("p");

        await SettleAsync();

        Assert.DoesNotContain(leftOut, _probe.Calls);
        Assert.Contains("PostBind", _probe.Calls);
    }

    [Theory]
    [InlineData("PreFilter", false)]
    [InlineData("Filter", false)]
    [InlineData("PreScore", false)]
    [InlineData("Score", false)]
    [InlineData("Normalize", false)]
    [InlineData("Reserve", true)]
    [InlineData("Permit", true)]
    [InlineData("PreBindPreFlight", true)]
    [InlineData("PreBind", true)]
    [InlineData("Bind", true)]
    public async Task Throws_CostsOneAttemptAndGivesBackWhatWasReserved(string point, bool wasReserved)
    {
        var failures = 1;
        _probe.Answers[point] = () => failures-- > 0 ? throw new OperationCanceledException("out of order") : Status.Success;
        var pod = Add("p");

        await SettleAsync();

        Assert.Equal(QueuePlace.Backoff, _loop.Queue.Find(pod.Metadata.Uid)!.Place);
        Assert.Equal(wasReserved, _probe.Calls.Contains("Unreserve"));
        var condition = _client.Peek(Resources.Pods, "default", "p")!.GetCondition("PodScheduled")!;
        Assert.Equal("SchedulerError", condition.Reason);
        Assert.Contains("Probe", condition.Message, StringComparison.Ordinal);
        Assert.Equal(0, _loop.Cache.PodCount);

        _time.Advance(TimeSpan.FromSeconds(2));
        await SettleAsync();
        Assert.True(_loop.Cache.IsAssumed(pod.Metadata.Uid));
    }

    [Theory]
    [InlineData("PreFilter", "0/2 nodes are available: busy.")]
    [InlineData("Filter", "0/2 nodes are available: 2 busy.")]
    [InlineData("Reserve", "busy")]
    [InlineData("Permit", "busy")]
    [InlineData("PreBindPreFlight", "busy")]
    [InlineData("PreBind", "busy")]
    [InlineData("Bind", "busy")]
    public async Task Unschedulable_PodWaitsForEvents(string point, string message)
    {
        _probe.Answers[point] = () => Status.Unschedulable("busy");
        var pod = Add("p");

        await SettleAsync();

        var queued = _loop.Queue.Find(pod.Metadata.Uid)!;
        Assert.Contains("Probe", queued.RejectedBy);
        var condition = _client.Peek(Resources.Pods, "default", "p")!.GetCondition("PodScheduled")!;
        Assert.Equal(("Unschedulable", message), (condition.Reason, condition.Message));
    }

    [Fact]
    public async Task PreEnqueue_Refuses_PodIsNotTried()
    {
        _probe.Answers["PreEnqueue"] = () => Status.Unresolvable("not yet");
        Add("p");

        await SettleAsync();

        Assert.Equal(["PreEnqueue"], _probe.Calls);
        Assert.Equal(1, _loop.Queue.GatedCount);
    }

    [Fact]
    public async Task PreFilter_NamesNodes_OthersAreNotLookedAt()
    {
        _probe.OnlyNode = "b";
        var pod = Add("p");

        await SettleAsync();

        Assert.Equal("b", _loop.Cache.Find(pod.Metadata.Uid)!.NodeName);
    }

    [Fact]
    public async Task PostFilter_IsCalledOnlyWhenNoNodeIsLeft()
    {
        _probe.Answers["Filter"] = () => Status.Unschedulable("full");
        Add("p");

        await SettleAsync();

        Assert.Contains("PostFilter", _probe.Calls);
        Assert.DoesNotContain("PreScore", _probe.Calls);
    }

    [Theory]
    [InlineData(101)]
    [InlineData(-1)]
    public void Normalize_ScoreOutOfRange_IsAnError(long score)
    {
        var scorer = new OutOfRange(score);
        var decider = new Decider(
            new Profile("default-scheduler") { QueueSort = new PrioritySortPlugin(), Score = [new WeightedScore(scorer, 1)], Plugins = [scorer] },
            new TestCluster().With(Make.Node("a"), Make.Node("b")).Cache.Nodes,
            new Nominations(),
            new Random(1));

        var decision = decider.Decide(new TestCluster().Parse(Make.Pod("p")), new CycleState());

        Assert.Equal(StatusCode.Error, decision.Failure.Code);
        Assert.Contains($"returned a score of {score}", decision.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Permit_Wait_GoesOnWhenAllowed()
    {
        _probe.Answers["Permit"] = () => Status.Wait("for its group");
        var pod = Add("p");
        _loop.Step(CancellationToken.None);
        Assert.DoesNotContain("Bind", _probe.Calls);
        Assert.Equal(["Probe"], _loop.WaitingPods.Find(pod.Metadata.Uid)!.PendingPlugins);

        _loop.WaitingPods.Find(pod.Metadata.Uid)!.Allow("Probe");
        await SettleAsync();

        Assert.Contains("PostBind", _probe.Calls);
        Assert.Empty(_loop.WaitingPods.All);
    }

    [Fact]
    public async Task Permit_Wait_RejectedGivesTheRoomBack()
    {
        _probe.Answers["Permit"] = () => Status.Wait();
        var pod = Add("p");
        _loop.Step(CancellationToken.None);

        _loop.WaitingPods.Find(pod.Metadata.Uid)!.Reject("Probe", "the group is gone");
        await SettleAsync();

        Assert.Equal("pod \"p\" rejected while waiting on permit: the group is gone", _client.Peek(Resources.Pods, "default", "p")!.GetCondition("PodScheduled")!.Message);
        Assert.Contains("Unreserve", _probe.Calls);
        Assert.Equal(0, _loop.Cache.PodCount);
    }

    [Fact]
    public async Task Permit_WaitTooLong_IsRefused()
    {
        _probe.Answers["Permit"] = () => Status.Wait();
        Add("p");
        _loop.Step(CancellationToken.None);

        _time.Advance(TimeSpan.FromSeconds(21));
        await SettleAsync();

        Assert.Contains("rejected due to timeout after waiting 20s at plugin Probe", _client.Peek(Resources.Pods, "default", "p")!.GetCondition("PodScheduled")!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Permit_PreFlightFailsWhileItWaits_NothingIsLeftWaiting()
    {
        _probe.Answers["Permit"] = () => Status.Wait();
        _probe.Answers["PreBindPreFlight"] = () => Status.Unschedulable("no");
        Add("p");

        await SettleAsync();

        Assert.Empty(_loop.WaitingPods.All);
        Assert.Equal(0, _loop.Cache.PodCount);
    }

    [Theory]
    [InlineData("PreBind")]
    [InlineData("Bind")]
    public async Task DoesNotComeBack_CostsTheAttemptAfterItsTimeout(string point)
    {
        var never = new TaskCompletionSource();
        _probe.Delays[point] = never.Task;
        var pod = Add("p");
        _loop.Step(CancellationToken.None);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!_probe.Calls.Contains(point) || _time.WaitingTimers == 0)
        {
            await Task.Delay(1, limit.Token);
        }

        _time.Advance(TimeSpan.FromSeconds(31));
        await SettleAsync();

        Assert.Contains("plugin Probe: it has not answered within 30 s", _client.Peek(Resources.Pods, "default", "p")!.GetCondition("PodScheduled")!.Message, StringComparison.Ordinal);
        Assert.NotNull(_loop.Queue.Find(pod.Metadata.Uid));
        Assert.Equal(0, _loop.Cache.PodCount);
    }

    [Fact]
    public async Task Bind_Skip_NobodyBinds_IsAnError()
    {
        _probe.Answers["Bind"] = () => Status.Skip;
        Add("p");

        await SettleAsync();

        Assert.Contains("no bind plugin", _client.Peek(Resources.Pods, "default", "p")!.GetCondition("PodScheduled")!.Message, StringComparison.Ordinal);
    }

    private Pod Add(string name)
    {
        var pod = Make.Pod(name);
        _client.Seed(Resources.Pods, pod.Clone());
        _loop.Mailbox.Post(new Change(ChangeKind.Pod, null, pod));
        return pod;
    }

    private async Task SettleAsync()
    {
        bool hasWorked;
        do
        {
            await _loop.WhenIdleAsync();
            hasWorked = _loop.Step(CancellationToken.None);
            await _loop.WhenIdleAsync();
        }
        while (hasWorked || _loop.Step(CancellationToken.None));
        await _loop.WhenIdleAsync();
    }

    private sealed class OutOfRange(long score) : Framework.Plugins.IScorePlugin
    {
        public string Name => "OutOfRange";

        public Status Score(CycleState state, Framework.Pods.PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores)
        {
            scores.Fill(score);
            return Status.Success;
        }
    }
}
