using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Testing;

namespace NodeAgent.Scheduler.Tests;

public sealed class CatchUpTests
{
    private readonly InMemoryKubeClient _client = new();
    private readonly SchedulerLoop _loop;

    public CatchUpTests()
    {
        var services = new LoopServices(_client, _client.Discovery, new RecordedEvents(), new SchedulerMetrics(new MetricsRegistry(), TimeProvider.System), NullLoggerFactory.Instance, TimeProvider.System, new Random(1), new Mailbox(), new WaitingPods());
        var profile = TestCluster.DefaultProfile(_client);
        _loop = new SchedulerLoop(new Dictionary<string, Profile> { [profile.Name] = profile }, new SchedulerOptions(), services);
    }

    [Fact]
    public async Task RunAsync_BindingNotSeenYet_WaitsUntilTheInformerBringsIt()
    {
        var pod = _client.Seed(Resources.Pods, Make.Pod("p", "1", node: "n"));
        using var stop = new CancellationTokenSource();
        var follow = Task.Run(() => _loop.FollowAsync(stop.Token));
        var catchUp = new CatchUp(_client, _loop, TimeProvider.System, NullLogger<CatchUp>.Instance).RunAsync(CancellationToken.None);
        Assert.False(await _loop.AskAsync(() => catchUp.IsCompleted, CancellationToken.None));

        _loop.Mailbox.Post(new Change(ChangeKind.Pod, null, pod));

        await catchUp.WaitAsync(TimeSpan.FromSeconds(10));
        await stop.CancelAsync();
        await follow;
        Assert.NotNull(_loop.Cache.Find(pod.Metadata.Uid));
    }

    [Fact]
    public async Task RunAsync_CacheHasAnOlderNode_WaitsForTheNewer()
    {
        var older = _client.Seed(Resources.Nodes, Make.Node("n", "4"));
        var newer = _client.Seed(Resources.Nodes, Make.Node("n", "2"));
        Assert.NotEqual(older.Metadata.ResourceVersion, newer.Metadata.ResourceVersion);
        using var stop = new CancellationTokenSource();
        _loop.Mailbox.Post(new Change(ChangeKind.Node, null, older));
        var follow = Task.Run(() => _loop.FollowAsync(stop.Token));
        var catchUp = new CatchUp(_client, _loop, TimeProvider.System, NullLogger<CatchUp>.Instance).RunAsync(CancellationToken.None);
        Assert.False(await _loop.AskAsync(() => catchUp.IsCompleted, CancellationToken.None));

        _loop.Mailbox.Post(new Change(ChangeKind.Node, older, newer));

        await catchUp.WaitAsync(TimeSpan.FromSeconds(10));
        await stop.CancelAsync();
        await follow;
    }

    [Fact]
    public async Task FollowAsync_PodsComeAndAreBoundByAnother_QueueAndCacheKnowAndNothingIsDecided()
    {
        using var stop = new CancellationTokenSource();
        _loop.Mailbox.Post(new Change(ChangeKind.Node, null, Make.Node("n")));
        var (waiting, bound) = (Make.Pod("waiting"), Make.Pod("bound"));
        _loop.Mailbox.Post(new Change(ChangeKind.Pod, null, waiting));
        _loop.Mailbox.Post(new Change(ChangeKind.Pod, null, bound));
        _loop.Mailbox.Post(new Change(ChangeKind.Pod, bound, bound.Clone().With(p => p.Spec.NodeName = "n")));
        var follow = Task.Run(() => _loop.FollowAsync(stop.Token));

        var seen = await _loop.AskAsync(() => (Queued: _loop.Queue.Pods.Select(p => p.Pod.Name).ToArray(), Cached: _loop.Cache.PodCount), CancellationToken.None);

        await stop.CancelAsync();
        await follow;
        Assert.Equal(["waiting"], seen.Queued);
        Assert.Equal(1, seen.Cached);
        Assert.Empty(_client.Requests);
    }
}
