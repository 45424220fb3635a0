using NodeAgent.Scheduler.Cache;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Pods;
using NodeAgent.Scheduler.Plugins.PrioritySort;
using NodeAgent.Scheduler.Queue;
using NodeAgent.Testing;

namespace NodeAgent.Scheduler.Tests.Queue;

public sealed class SchedulingQueueTests
{
    private static readonly ClusterEvent Helps = new(EventResource.Node, ActionType.Add);
    private static readonly ClusterEvent DoesNotHelp = new(EventResource.Node, ActionType.Delete);
    private static readonly HashSet<string> Fit = ["Fit"];
    private static readonly HashSet<string> None = [];

    private readonly FakeTimeProvider _time = new();
    private readonly PodParser _parser = new(new ResourceRegistry());
    private readonly FakePolicy _policy = new();
    private readonly SchedulingQueue _queue;

    public SchedulingQueueTests()
    {
        _queue = new SchedulingQueue(new PrioritySortPlugin(), _policy, new QueueOptions(), _time);
    }

    [Fact]
    public void TryPop_DifferentPriorities_HighestFirstThenOldest()
    {
        Add("low", 1);
        Add("high-1", 5);
        _time.Advance(TimeSpan.FromSeconds(1));
        Add("high-2", 5);
        Add("mid", 3);

        Assert.Equal(["high-1", "high-2", "mid", "low"], PopAll());
    }

    [Fact]
    public void TryPop_SamePriorityAndTime_InOrderOfArrival()
    {
        var names = Enumerable.Range(0, 50).Select(i => $"p{i}").ToList();
        names.ForEach(n => Add(n));

        Assert.Equal(names, PopAll());
    }

    [Fact]
    public void Requeue_Refused_WaitsForAnEventThatHelps()
    {
        var pod = AddAndPop("a");
        _queue.Requeue(pod, false, Fit, None);
        _time.Advance(TimeSpan.FromSeconds(2));

        _queue.Raise(DoesNotHelp, null, null);
        Assert.Null(_queue.TryPop());

        _queue.Raise(Helps, null, null);
        Assert.Same(pod, _queue.TryPop());
    }

    [Fact]
    public void Raise_BackoffNotOver_PodIsTriedWhenNothingElseWaits()
    {
        var pod = AddAndPop("a");
        _queue.Requeue(pod, false, Fit, None);
        _queue.Raise(Helps, null, null);
        Add("b");

        Assert.Equal(1, _queue.BackoffCount);
        Assert.Equal("b", _queue.TryPop()?.Pod.Name);
        Assert.Same(pod, _queue.TryPop());
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(4, 8)]
    [InlineData(5, 10)]
    [InlineData(40, 10)]
    public void Requeue_AfterErrors_BacksOffTwiceAsLongUpToTheMaximum(int failures, int seconds)
    {
        var pod = AddAndPop("a");
        for (var i = 0; i < failures - 1; i++)
        {
            _queue.Requeue(pod, true, None, None);
            _time.Advance(TimeSpan.FromSeconds(11));
            _queue.Flush();
            Assert.Same(pod, _queue.TryPop());
        }

        _queue.Requeue(pod, true, None, None);
        _time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
        _queue.Flush();
        Assert.Null(_queue.TryPop());
        _time.Advance(TimeSpan.FromMilliseconds(2));
        _queue.Flush();
        Assert.Same(pod, _queue.TryPop());
    }

    [Fact]
    public void Requeue_HelpingEventDuringTheAttempt_IsNotLost()
    {
        var pod = AddAndPop("a");
        _queue.Raise(Helps, null, null);
        _queue.Requeue(pod, false, Fit, None);

        Assert.Equal((0, 1), (_queue.UnschedulableCount, _queue.BackoffCount));
    }

    [Fact]
    public void Requeue_UnrelatedEventDuringTheAttempt_StaysUnschedulable()
    {
        var pod = AddAndPop("a");
        _queue.Raise(DoesNotHelp, null, null);
        _queue.Requeue(pod, false, Fit, None);

        Assert.Equal((1, 0), (_queue.UnschedulableCount, _queue.BackoffCount));
    }

    [Fact]
    public void Requeue_EventBeforeTheAttempt_DoesNotCount()
    {
        var other = AddAndPop("other");
        _queue.Raise(Helps, null, null);
        var pod = AddAndPop("a");
        _queue.Requeue(pod, false, Fit, None);

        Assert.Equal(1, _queue.UnschedulableCount);
        _queue.End(other.Pod.Uid);
        Assert.Equal(0, _queue.InFlightCount);
    }

    [Fact]
    public void Requeue_PendingPluginGetsItsEvent_SkipsTheBackoff()
    {
        var pod = AddAndPop("a");
        _queue.Requeue(pod, false, None, Fit);
        _policy.Verdict = QueueVerdict.Now;
        _queue.Raise(Helps, null, null);

        Assert.Equal(1, _queue.ActiveCount);
    }

    [Fact]
    public void Flush_FiveMinutesUnschedulable_IsTriedAgain()
    {
        var pod = AddAndPop("a");
        _queue.Requeue(pod, false, Fit, None);
        _time.Advance(TimeSpan.FromMinutes(5));
        _queue.Flush();
        Assert.Null(_queue.TryPop());

        _time.Advance(TimeSpan.FromSeconds(31));
        _queue.Flush();
        Assert.Same(pod, _queue.TryPop());
    }

    [Fact]
    public void Add_Gated_WaitsOutsideUntilTheGateIsGone()
    {
        _policy.Gates.Add("a");
        var pod = Parse("a");
        _queue.Add(pod);
        Assert.Equal((1, 0, 0), (_queue.GatedCount, _queue.UnschedulableCount, _queue.ActiveCount));
        _time.Advance(TimeSpan.FromMinutes(10));
        _queue.Flush();
        Assert.Null(_queue.TryPop());

        _policy.Gates.Clear();
        _queue.Update(pod, [Helps]);

        Assert.Equal("a", _queue.TryPop()?.Pod.Name);
    }

    [Fact]
    public void LetGo_GateIsOpen_WaitsForWhatItsLastAttemptLacked()
    {
        var pod = AddAndPop("a");
        _queue.Requeue(pod, false, Fit, None);
        _time.Advance(TimeSpan.FromSeconds(2));
        _policy.Gates.Add("a");
        _queue.Raise(Helps, null, null);
        Assert.Equal("Gate", pod.GatedBy);

        _queue.LetGo(_ => true);
        Assert.True(pod.IsGated);
        _policy.Gates.Clear();
        _queue.LetGo(p => p.Name != "a");
        Assert.True(pod.IsGated);
        _queue.LetGo(p => p.Name == "a");

        Assert.Equal((0, 1, 0), (_queue.GatedCount, _queue.UnschedulableCount, _queue.ActiveCount));
        _queue.Raise(Helps, null, null);
        Assert.Same(pod, _queue.TryPop());
    }

    [Fact]
    public void Flush_GateIsOpenAndNoEventHasToldIt_IsTriedAfterAll()
    {
        _policy.Gates.Add("a");
        Add("a");
        _policy.Gates.Clear();

        _time.Advance(TimeSpan.FromMinutes(10));
        _queue.Flush();

        Assert.Equal("a", _queue.TryPop()?.Pod.Name);
    }

    /// <summary>A gate that was remembered would hide the events that help, for ever.</summary>
    [Fact]
    public void TryPop_WokenFromAGateIntoBackoff_IsNotHeldBackAnyMore()
    {
        var pod = AddAndPop("a");
        _queue.Requeue(pod, false, Fit, None);
        _time.Advance(TimeSpan.FromSeconds(2));
        _policy.Gates.Add("a");
        _queue.Raise(Helps, null, null);
        _policy.Gates.Clear();
        pod.BackoffEnd = _time.GetUtcNow() + TimeSpan.FromSeconds(1);
        _queue.Raise(Helps, null, null);
        Assert.Equal((QueuePlace.Backoff, false), (pod.Place, pod.IsGated));

        Assert.Same(pod, _queue.TryPop());
        _queue.Requeue(pod, false, Fit, None);

        Assert.Equal((0, 1), (_queue.GatedCount, _queue.UnschedulableCount));
    }

    [Fact]
    public void Delete_WhileInFlight_RequeueDoesNotBringItBack()
    {
        var pod = AddAndPop("a");
        _queue.Delete(pod.Pod.Uid);
        _queue.Requeue(pod, true, None, None);
        _time.Advance(TimeSpan.FromMinutes(1));
        _queue.Flush();

        Assert.Null(_queue.TryPop());
        Assert.Empty(_queue.Pods);
    }

    [Fact]
    public void Update_PriorityRaisedWhileActive_MovesAhead()
    {
        Add("a", 1);
        var low = Parse("b", 0);
        _queue.Add(low);
        var raised = low.Pod.Clone();
        raised.Spec.Priority = 9;
        _queue.Update(_parser.Parse(raised));

        Assert.Equal(["b", "a"], PopAll());
    }

    [Fact]
    public void TryPop_StreamOfLowPriority_DoesNotStarveTheHigh()
    {
        Add("high", 10);
        for (var i = 0; i < 100; i++)
        {
            Add($"low{i}");
        }

        Assert.Equal("high", _queue.TryPop()?.Pod.Name);
    }

    [Fact]
    public void Nominations_PodBoundOrDeleted_AreCleared()
    {
        var pod = AddAndPop("a");
        _queue.Nominations.Set(pod.Pod, "n1");
        Assert.Single(_queue.Nominations.On("n1"));

        _queue.End(pod.Pod.Uid);

        Assert.True(_queue.Nominations.IsEmpty);
    }

    [Fact]
    public void Nominations_UpdateThatDoesNotKnowTheNodeYet_KeepsIt()
    {
        var pod = AddAndPop("a");
        _queue.Nominations.Set(pod.Pod, "n1");
        _queue.Update(_parser.Parse(pod.Pod.Pod.Clone()));

        Assert.Equal("n1", _queue.Nominations.NodeOf(pod.Pod.Uid));
    }

    private PodInfo Parse(string name, int priority = 0) => _parser.Parse(Make.Pod(name, priority: priority));

    private void Add(string name, int priority = 0) => _queue.Add(Parse(name, priority));

    private QueuedPod AddAndPop(string name)
    {
        Add(name);
        return _queue.TryPop()!;
    }

    private List<string> PopAll()
    {
        var names = new List<string>();
        while (_queue.TryPop() is { } pod)
        {
            names.Add(pod.Pod.Name);
        }

        return names;
    }

    private sealed class FakePolicy : IQueuePolicy
    {
        public HashSet<string> Gates { get; } = [];

        public QueueVerdict Verdict { get; set; } = QueueVerdict.AfterBackoff;

        public Status PreEnqueue(PodInfo pod) => Gates.Contains(pod.Name) ? Status.Unresolvable("gated").WithPlugin("Gate") : Status.Success;

        public QueueVerdict Judge(QueuedPod pod, ClusterEvent clusterEvent, object? oldObject, object? newObject) =>
            clusterEvent.IsOf(Helps) ? Verdict : QueueVerdict.Stay;
    }
}
