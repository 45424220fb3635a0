using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Objects;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Queue;
using NodeAgent.Testing;

namespace NodeAgent.Scheduler.Tests.Cycle;

public sealed class SchedulerLoopTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly InMemoryKubeClient _client = new();
    private readonly RecordedEvents _events = new();
    private readonly SchedulerLoop _loop;

    public SchedulerLoopTests()
    {
        var services = new LoopServices(_client, _client.Discovery, _events, new SchedulerMetrics(new MetricsRegistry(), TimeProvider.System), NullLoggerFactory.Instance, _time, new Random(1), new Mailbox(), new WaitingPods());
        var profile = TestCluster.DefaultProfile(_client);
        _loop = new SchedulerLoop(new Dictionary<string, Profile> { [profile.Name] = profile }, new SchedulerOptions(), services);
    }

    [Fact]
    public async Task Step_PodFits_BindsItWithItsUidAndSaysSo()
    {
        Add(Make.Node("n"));
        var pod = Add(Make.Pod("p", "1"));

        await SettleAsync();

        Assert.Equal([("p", "n")], Bindings());
        Assert.Equal([$"Normal Scheduled Binding p: Successfully assigned default/p to n"], _events.Lines);
        Assert.True(_loop.Cache.IsAssumed(pod.Metadata.Uid));
        Assert.Null(_loop.Queue.Find(pod.Metadata.Uid));
    }

    [Fact]
    public async Task Step_NoneFits_WritesConditionAndEventWithUpstreamsText()
    {
        Add(Make.Node("n", "1"));
        Add(Make.Pod("p", "2"));

        await SettleAsync();

        const string Text = "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";
        Assert.Equal([$"Warning FailedScheduling Scheduling p: {Text}"], _events.Lines);
        var condition = _client.Peek(Resources.Pods, "default", "p")!.GetCondition("PodScheduled")!;
        Assert.Equal(("False", "Unschedulable", Text), (condition.Status, condition.Reason, condition.Message));
        Assert.Empty(Bindings());
    }

    [Fact]
    public async Task Step_NodeGrows_PodIsTriedAgainAndBound()
    {
        var node = Add(Make.Node("n", "1"));
        Add(Make.Pod("p", "2"));
        await SettleAsync();

        _loop.Mailbox.Post(new Change(ChangeKind.Node, node, Make.Node("n", "4")));
        await SettleAsync();

        Assert.Equal([("p", "n")], Bindings());
    }

    [Fact]
    public async Task Step_UnrelatedNodeChange_PodIsLeftAlone()
    {
        var node = Add(Make.Node("n", "1"));
        Add(Make.Pod("p", "2"));
        await SettleAsync();
        _time.Advance(TimeSpan.FromMinutes(1));

        var changed = node.Clone();
        changed.Metadata.Annotations["x"] = "y";
        _loop.Mailbox.Post(new Change(ChangeKind.Node, node, changed));
        await SettleAsync();

        Assert.Single(_events.Lines);
    }

    [Fact]
    public async Task Step_BindingFails_GivesTheRoomBackAndTriesAgainAfterABackoff()
    {
        var failures = 1;
        FailBindings(_ => failures-- > 0);
        Add(Make.Node("n", "1"));
        var pod = Add(Make.Pod("p", "1"));
        await SettleAsync();
        Assert.Equal(0, _loop.Cache.Nodes[0].Requested(ResourceColumns.Cpu));
        Assert.Equal(QueuePlace.Backoff, _loop.Queue.Find(pod.Metadata.Uid)!.Place);
        Assert.Equal("SchedulerError", _client.Peek(Resources.Pods, "default", "p")!.GetCondition("PodScheduled")!.Reason);

        _time.Advance(TimeSpan.FromSeconds(1.1));
        await SettleAsync();

        Assert.True(_loop.Cache.IsAssumed(pod.Metadata.Uid));
    }

    [Fact]
    public async Task Step_BindingFailed_OtherPodGetsTheRoom()
    {
        FailBindings(name => name == "first");
        Add(Make.Node("n", "1"));
        Add(Make.Pod("first", "1", priority: 5));
        Add(Make.Pod("second", "1"));

        await SettleAsync();

        Assert.Contains(_loop.Cache.Pods, p => p.Pod.Name == "second");
    }

    /// <summary>The pod that was to be bound is known without a node; who waits for its room has to wake all the same.</summary>
    [Fact]
    public async Task Step_BindingFailsAfterAnotherWasRefused_TheOtherIsWoken()
    {
        var answer = new TaskCompletionSource();
        _client.OnRequest = (request, _) => request is { Resource: "pods/binding", Name: "first" } ? answer.Task : Task.CompletedTask;
        Add(Make.Node("n", "1"));
        Add(Make.Pod("first", "1", priority: 5));
        Assert.True(_loop.Step(CancellationToken.None));
        var second = Add(Make.Pod("second", "1"));
        Assert.True(_loop.Step(CancellationToken.None));
        Assert.Equal(QueuePlace.Unschedulable, _loop.Queue.Find(second.Metadata.Uid)!.Place);

        answer.SetException(new KubeApiException("bind", HttpStatusCode.Forbidden, "Forbidden", "the namespace is being terminated"));
        await _loop.WhenIdleAsync();
        await SettleAsync();

        Assert.Equal(QueuePlace.Backoff, _loop.Queue.Find(second.Metadata.Uid)!.Place);
    }

    [Fact]
    public async Task Step_AssumedPodDeletedAfterAnotherWasRefused_TheOtherIsTriedAgain()
    {
        Add(Make.Node("n", "1"));
        var first = Add(Make.Pod("first", "1", priority: 5));
        await SettleAsync();
        Add(Make.Pod("second", "1"));
        await SettleAsync();
        Assert.Equal("first", Assert.Single(_loop.Cache.Pods).Pod.Name);

        _loop.Mailbox.Post(new Change(ChangeKind.Pod, first, null));
        await SettleAsync();

        Assert.Equal("second", Assert.Single(_loop.Cache.Pods).Pod.Name);
    }

    [Fact]
    public async Task Step_PodDeletedBeforeItsTurn_IsNotBound()
    {
        Add(Make.Node("n"));
        var pod = Add(Make.Pod("p"));
        _loop.Mailbox.Post(new Change(ChangeKind.Pod, pod, null));

        await SettleAsync();

        Assert.Empty(Bindings());
        Assert.Empty(_loop.Queue.Pods);
    }

    [Fact]
    public async Task Step_AssumedPodDeleted_RoomIsFree()
    {
        Add(Make.Node("n", "1"));
        var pod = Add(Make.Pod("p", "1"));
        await SettleAsync();

        _loop.Mailbox.Post(new Change(ChangeKind.Pod, pod, null));
        Add(Make.Pod("q", "1"));
        await SettleAsync();

        Assert.Equal(["p", "q"], Bindings().Select(b => b.Pod));
    }

    [Fact]
    public async Task Step_PodOfAnotherScheduler_IsCountedButNotScheduled()
    {
        Add(Make.Node("n", "1"));
        Add(Make.Pod("theirs", "1").With(p => p.Spec.SchedulerName = "other"));
        Add(Make.Pod("bound", "1", node: "n").With(p => p.Spec.SchedulerName = "other"));
        Add(Make.Pod("mine", "1"));

        await SettleAsync();

        Assert.Empty(Bindings());
        Assert.Equal(["mine"], _loop.Queue.Pods.Select(p => p.Pod.Name));
    }

    [Fact]
    public async Task Step_GateRemoved_IsScheduled()
    {
        Add(Make.Node("n"));
        var gated = Add(Make.Pod("p").With(p => p.Spec.SchedulingGates.Add(new PodSchedulingGate { Name = "example.com/wait" })));
        await SettleAsync();
        Assert.Equal(1, _loop.Queue.GatedCount);
        Assert.Empty(_events.Lines);

        var open = gated.Clone();
        open.Spec.SchedulingGates.Clear();
        _loop.Mailbox.Post(new Change(ChangeKind.Pod, gated, open));
        await SettleAsync();

        Assert.Equal([("p", "n")], Bindings());
    }

    /// <summary>Whoever tries it again while its first victims leave would find no room and look for others.</summary>
    [Fact]
    public async Task Step_VictimsAreBeingToldToLeave_PodIsHeldBackAndThenBound()
    {
        var told = new TaskCompletionSource();
        _client.OnRequest = (request, _) => request is { Verb: "delete", Name: "low-2" } ? told.Task : Task.CompletedTask;
        Add(Make.Node("n", "2"));
        var victims = new[] { Add(Make.Pod("low-1", "1", node: "n")), Add(Make.Pod("low-2", "1", node: "n")) };
        var pod = Add(Make.Pod("p", "2", priority: 10));
        await SettleAsync();
        await UntilAsync(() => _client.Requests.Any(r => r is { Verb: "delete", Name: "low-2" }));

        // Both are gone before the answer to the second deletion is there.
        foreach (var victim in victims)
        {
            _loop.Mailbox.Post(new Change(ChangeKind.Pod, victim, null));
        }

        _time.Advance(TimeSpan.FromSeconds(11));
        await SettleAsync();
        Assert.True(_loop.Queue.Find(pod.Metadata.Uid)!.IsGated);
        Assert.Empty(Bindings());

        told.SetResult();
        await UntilAsync(() => _loop.Step(CancellationToken.None));
        await _loop.WhenIdleAsync();

        Assert.Equal([("p", "n")], Bindings());
    }

    [Fact]
    public async Task Step_VictimCannotBeToldToLeave_PodIsTriedAgain()
    {
        var failures = 1;
        _client.OnRequest = (request, _) => request.Verb == "delete" && failures-- > 0
            ? throw new KubeApiException("delete", HttpStatusCode.InternalServerError, "InternalError", "etcd is away")
            : Task.CompletedTask;
        Add(Make.Node("n", "1"));
        Add(Make.Pod("low", "1", node: "n"));
        Add(Make.Pod("p", "1", priority: 10));
        await SettleAsync();
        await UntilAsync(() => failures <= 0);

        await UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _loop.Step(CancellationToken.None);
            return _client.Requests.Count(r => r.Verb == "delete") == 2;
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Step_RandomLoadWithFailures_NoNodeIsOvercommittedAndEveryPodHasItsPlace(int seed)
    {
        var random = new Random(seed);
        var failing = new Random(seed);
        FailBindings(_ =>
        {
            lock (failing)
            {
                return failing.Next(5) == 0;
            }
        });
        for (var i = 0; i < 10; i++)
        {
            Add(Make.Node($"n{i}", $"{random.Next(1, 5)}", "4Gi", 8));
        }

        var live = new List<Pod>();
        for (var step = 0; step < 300; step++)
        {
            if (random.Next(3) > 0)
            {
                var pod = Make.Pod($"p{step}", $"{random.Next(1, 10) * 100}m", $"{random.Next(1, 500)}Mi", random.Next(3));
                live.Add(Add(random.Next(4) == 0 ? pod.WithHostPort(9000) : pod));
            }
            else if (live.Count > 0)
            {
                var gone = live[random.Next(live.Count)];
                live.Remove(gone);
                _loop.Mailbox.Post(new Change(ChangeKind.Pod, gone, null));
            }

            if (step % 10 == 0)
            {
                _time.Advance(TimeSpan.FromSeconds(random.Next(20)));
                await SettleAsync();
                AssertInvariants(live);
            }
        }
    }

    private void AssertInvariants(List<Pod> live)
    {
        var nodes = _loop.Cache.Nodes;
        foreach (var slot in nodes.Present)
        {
            var node = nodes[slot];
            Assert.True(node.Requested(ResourceColumns.Cpu) <= node.Allocatable(ResourceColumns.Cpu), node.Name);
            Assert.True(node.Requested(ResourceColumns.Memory) <= node.Allocatable(ResourceColumns.Memory), node.Name);
            Assert.True(node.Pods.Count <= node.Allocatable(ResourceColumns.Pods), node.Name);
            Assert.True(node.Pods.Count(p => p.Template.HostPorts.Count > 0) <= 1, node.Name);
        }

        foreach (var pod in live)
        {
            var isOnNode = _loop.Cache.Find(pod.Metadata.Uid) is not null;
            var queued = _loop.Queue.Find(pod.Metadata.Uid);
            Assert.True(isOnNode != queued is not null, $"{pod.Metadata.Name}: on a node: {isOnNode}, queued: {queued?.Place}");
            Assert.True(queued?.Place != QueuePlace.InFlight, pod.Metadata.Name);
        }

        Assert.Equal(live.Count, _loop.Cache.PodCount + _loop.Queue.Pods.Count());
        Assert.Equal(0, _loop.Queue.InFlightCount);
    }

    private void FailBindings(Func<string?, bool> fails) => _client.OnRequest = (request, _) =>
        request.Resource == "pods/binding" && fails(request.Name)
            ? throw new KubeApiException("bind", HttpStatusCode.Forbidden, "Forbidden", "the namespace is being terminated")
            : Task.CompletedTask;

    private Node Add(Node node)
    {
        _loop.Mailbox.Post(new Change(ChangeKind.Node, null, node));
        return node;
    }

    private Pod Add(Pod pod)
    {
        _client.Seed(Resources.Pods, pod.Clone());
        _loop.Mailbox.Post(new Change(ChangeKind.Pod, null, pod));
        return pod;
    }

    /// <summary>Until there is nothing to decide and nothing being bound.</summary>
    private async Task SettleAsync()
    {
        bool hasWorked;
        do
        {
            hasWorked = _loop.Step(CancellationToken.None);
            await _loop.WhenIdleAsync();
        }
        while (hasWorked || _loop.Step(CancellationToken.None));
        await _loop.WhenIdleAsync();
    }

    private static async Task UntilAsync(Func<bool> isTrue)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!isTrue())
        {
            await Task.Delay(2, limit.Token);
        }
    }

    private IEnumerable<(string Pod, string Node)> Bindings() =>
        _client.Requests.Where(r => r.Resource == "pods/binding").Select(r => (r.Name ?? "", ((Binding)r.Body!).Target.Name));
}
