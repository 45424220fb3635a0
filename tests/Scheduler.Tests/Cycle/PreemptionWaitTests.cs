using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Testing;

namespace NodeAgent.Scheduler.Tests.Cycle;

/// <summary>Which of the pods that leave wake a pod that waits for its victims.</summary>
public sealed class PreemptionWaitTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly InMemoryKubeClient _client = new();
    private readonly SchedulerLoop _loop;

    /// <summary>Two pods make room for themselves, each on a node of its own; a third node is full of their like.</summary>
    public PreemptionWaitTests()
    {
        var services = new LoopServices(_client, _client.Discovery, new RecordedEvents(), new SchedulerMetrics(new MetricsRegistry(), TimeProvider.System), NullLoggerFactory.Instance, _time, new Random(1), new Mailbox(), new WaitingPods());
        var profile = TestCluster.DefaultProfile(_client, time: _time);
        _loop = new SchedulerLoop(new Dictionary<string, Profile> { [profile.Name] = profile }, new SchedulerOptions(), services);
        foreach (var node in (string[])["n", "m", "o"])
        {
            _loop.Mailbox.Post(new Change(ChangeKind.Node, null, Make.Node(node, "2")));
        }

        foreach (var node in (string[])["n", "m"])
        {
            Low.Add(Add(Make.Pod($"{node}-1", "1", node: node)));
            Low.Add(Add(Make.Pod($"{node}-2", "1", node: node)));
        }

        Equal = Add(Make.Pod("equal", "2", priority: 10, node: "o"));
        First = Add(Make.Pod("first", "2", priority: 10));
        Second = Add(Make.Pod("second", "2", priority: 10));
    }

    private List<Pod> Low { get; } = [];

    private Pod Equal { get; }

    private Pod First { get; }

    private Pod Second { get; }

    [Fact]
    public async Task VictimsOfAnotherLeave_ItIsNotTried()
    {
        await PreemptAsync();
        var (firstNode, secondNode) = (NodeOf(First), NodeOf(Second));
        Assert.NotEqual(firstNode, secondNode);

        await LeaveAsync(Low.First(p => p.Spec.NodeName == firstNode));
        Assert.Equal((1, 1), (Attempts(First), Attempts(Second)));

        await LeaveAsync(Low.Last(p => p.Spec.NodeName == firstNode));
        Assert.Equal(("first", firstNode), Assert.Single(Bindings()));
        Assert.Equal(1, Attempts(Second));

        await LeaveAsync([.. Low.Where(p => p.Spec.NodeName == secondNode)]);
        Assert.Contains(("second", secondNode), Bindings());
    }

    [Fact]
    public async Task AnotherLeavesRoomAsItIs_ItIsTriedThere()
    {
        await PreemptAsync();

        await LeaveAsync(Equal);

        Assert.Equal("o", Assert.Single(Bindings()).Node);
    }

    [Fact]
    public async Task RoomIsMeantForOneOfItsPriority_ItIsNotTried()
    {
        await PreemptAsync();
        _loop.Queue.Nominations.Set(_loop.Cache.Parser.Parse(Make.Pod("third", "1", priority: 10)), "o");

        await LeaveAsync(Equal);

        Assert.Empty(Bindings());
        Assert.Equal((1, 1), (Attempts(First), Attempts(Second)));
    }

    [Fact]
    public async Task VictimsAreOverdue_ItIsTriedWhereOthersLeave()
    {
        await PreemptAsync();
        foreach (var victim in Low)
        {
            var terminating = victim.Clone();
            terminating.Metadata.DeletionTimestamp = Time.From(_time.GetUtcNow());
            _loop.Mailbox.Post(new Change(ChangeKind.Pod, victim, terminating));
        }

        var small = Add(Make.Pod("small", "1", node: "q"));
        await LeaveAsync(small);
        Assert.Equal((1, 1), (Attempts(First), Attempts(Second)));

        var other = Add(Make.Pod("other", "1", node: "q"));
        _time.Advance(TimeSpan.FromSeconds(32));
        await LeaveAsync(other);
        Assert.Equal((2, 2), (Attempts(First), Attempts(Second)));
    }

    /// <summary>Until both pods have told their victims to leave.</summary>
    private async Task PreemptAsync()
    {
        await SettleAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (_client.Requests.Count(r => r.Verb == "delete") < 4 || _loop.Queue.GatedCount > 0)
        {
            await Task.Delay(2, limit.Token);
            await SettleAsync();
        }

        Assert.Equal((1, 1), (Attempts(First), Attempts(Second)));
        Assert.Empty(Bindings());
        _time.Advance(TimeSpan.FromSeconds(11));
    }

    private async Task LeaveAsync(params Pod[] pods)
    {
        foreach (var pod in pods)
        {
            _loop.Mailbox.Post(new Change(ChangeKind.Pod, pod, null));
        }

        await SettleAsync();
    }

    private async Task SettleAsync()
    {
        bool hasWorked;
        do
        {
            hasWorked = _loop.Step(CancellationToken.None);
            await _loop.WhenIdleAsync();
        }
        while (hasWorked || _loop.Step(CancellationToken.None));
    }

    private Pod Add(Pod pod)
    {
        _client.Seed(Resources.Pods, pod.Clone());
        _loop.Mailbox.Post(new Change(ChangeKind.Pod, null, pod));
        return pod;
    }

    private string NodeOf(Pod pod) => _loop.Queue.Nominations.NodeOf(pod.Metadata.Uid) ?? "";

    private int Attempts(Pod pod) => _loop.Queue.Find(pod.Metadata.Uid)!.Attempts;

    private IEnumerable<(string Pod, string Node)> Bindings() =>
        _client.Requests.Where(r => r.Resource == "pods/binding").Select(r => (r.Name ?? "", ((Binding)r.Body!).Target.Name));
}
