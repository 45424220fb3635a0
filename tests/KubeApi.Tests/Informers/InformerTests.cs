using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Informers;
using NodeAgent.KubeApi.Tests.Fakes;

namespace NodeAgent.KubeApi.Tests.Informers;

public sealed class InformerTests : IAsyncDisposable
{
    private readonly ScriptedClient _client = new();
    private readonly CancellationTokenSource _stop = new(TimeSpan.FromSeconds(20));
    private Task _running = Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ContinueWith(_ => { }, TaskScheduler.Default);
        _stop.Dispose();
    }

    [Fact]
    public async Task RunAsync_FromTheFirstListOn_CallsHandlersInOrder()
    {
        var informer = New();
        var handler = Add(informer);
        _client.GiveList(WireBodies.Pod("a"), WireBodies.Pod("b"));
        Start(informer);
        await informer.Synced;
        Assert.Equal(["add a@1 initial", "add b@1 initial"], handler.TakeAll());

        _client.Give(WatchEventType.Added, WireBodies.Pod("c", "2"));
        _client.Give(WatchEventType.Modified, WireBodies.Pod("a", "3"));
        _client.Give(WatchEventType.Deleted, WireBodies.Pod("b", "4"));

        Assert.Equal("add c@2", await handler.NextAsync());
        Assert.Equal("update a@1 a@3", await handler.NextAsync());
        Assert.Equal("delete b@4", await handler.NextAsync());
        Assert.Equal(["a", "c"], informer.Store.List().Select(p => p.Metadata.Name).Order());
        Assert.Equal(2, informer.Store.Count);
        Assert.Null(informer.Store.Get("default", "b"));
    }

    [Fact]
    public async Task RunAsync_OnARelist_FindsWhatTheWatchMissed()
    {
        var informer = New();
        var handler = Add(informer);
        _client.GiveList(WireBodies.Pod("same"), WireBodies.Pod("changed"), WireBodies.Pod("gone"), WireBodies.Pod("remade"));
        Start(informer);
        await informer.Synced;
        handler.TakeAll();

        var remade = WireBodies.Pod("remade", "9");
        remade.Metadata.Uid = "another";
        _client.GiveList(WireBodies.Pod("same"), WireBodies.Pod("changed", "8"), remade, WireBodies.Pod("new", "7"));
        _client.GiveGone();

        Assert.Equal("delete gone@1", await handler.NextAsync());
        Assert.Equal("update changed@1 changed@8", await handler.NextAsync());
        Assert.Equal("update remade@1 remade@9", await handler.NextAsync());
        Assert.Equal("add new@7", await handler.NextAsync());
        _client.Give(WatchEventType.Deleted, WireBodies.Pod("unknown", "10"));
        _client.Give(WatchEventType.Added, WireBodies.Pod("last", "11"));
        Assert.Equal("add last@11", await handler.NextAsync());
    }

    [Fact]
    public async Task AddHandler_AfterTheStart_IsGivenWhatIsThere()
    {
        var informer = New();
        _client.GiveList(WireBodies.Pod("a"));
        Start(informer);
        await informer.Synced;

        var late = Add(informer);

        Assert.Equal(["add a@1 initial"], late.TakeAll());
        _client.Give(WatchEventType.Added, WireBodies.Pod("b", "2"));
        Assert.Equal("add b@2", await late.NextAsync());
    }

    [Fact]
    public async Task Handler_ThatThrows_IsCountedAndStopsNothing()
    {
        var informer = New();
        informer.AddHandler(new Thrower());
        var handler = Add(informer);
        _client.GiveList(WireBodies.Pod("a"));
        Start(informer);
        await informer.Synced;

        _client.Give(WatchEventType.Added, WireBodies.Pod("b", "2"));

        Assert.Equal("add a@1 initial", await handler.NextAsync());
        Assert.Equal("add b@2", await handler.NextAsync());
        Assert.Equal(2, informer.HandlerFailures);
    }

    [Fact]
    public async Task Transform_OfEachObject_RunsBeforeItIsStored()
    {
        var informer = New(new InformerOptions<Pod>(Transform: pod => pod.Spec = null));
        _client.GiveList(WireBodies.Pod("a", node: "n"));
        Start(informer);
        await informer.Synced;

        Assert.Null(informer.Store.Get("default", "a")!.Spec);
    }

    [Fact]
    public async Task ByIndex_AsObjectsMove_FollowsThem()
    {
        var informer = New(new InformerOptions<Pod>(Indexers: new Dictionary<string, Func<Pod, IEnumerable<string>>> { ["node"] = pod => pod.Spec.NodeName.Length > 0 ? [pod.Spec.NodeName] : [] }));
        var handler = Add(informer);
        _client.GiveList(WireBodies.Pod("a", node: "one"), WireBodies.Pod("b", node: "one"), WireBodies.Pod("c"));
        Start(informer);
        await informer.Synced;
        Assert.Equal(["a", "b"], Names(informer.Store.ByIndex("node", "one")));
        Assert.Empty(informer.Store.ByIndex("node", "two"));

        handler.TakeAll();
        _client.Give(WatchEventType.Modified, WireBodies.Pod("c", "2", node: "two"));
        _client.Give(WatchEventType.Modified, WireBodies.Pod("a", "3", node: "two"));
        _client.Give(WatchEventType.Deleted, WireBodies.Pod("b", "4", node: "one"));
        await handler.NextAsync();
        await handler.NextAsync();
        await handler.NextAsync();

        Assert.Equal(["a", "c"], Names(informer.Store.ByIndex("node", "two")));
        Assert.Empty(informer.Store.ByIndex("node", "one"));
        Assert.Equal(["a", "c"], Names(informer.Store.ListNamespace("default")));
        Assert.Empty(informer.Store.ListNamespace("other"));
        Assert.Throws<ArgumentException>(() => informer.Store.ByIndex("no such", "x"));
    }

    [Fact]
    public async Task ListNamespace_AskedOnce_IsKeptUpToDate()
    {
        var informer = New();
        var handler = Add(informer);
        _client.GiveList(WireBodies.Pod("a"));
        Start(informer);
        await informer.Synced;
        handler.TakeAll();
        Assert.Equal(["a"], Names(informer.Store.ListNamespace("default")));

        _client.Give(WatchEventType.Added, WireBodies.Pod("b", "2"));
        _client.Give(WatchEventType.Deleted, WireBodies.Pod("a", "3"));
        await handler.NextAsync();
        await handler.NextAsync();

        Assert.Equal(["b"], Names(informer.Store.ListNamespace("default")));
    }

    [Fact]
    public async Task Synced_WhenCancelledBefore_IsCancelled()
    {
        var informer = New();
        Start(informer);

        await _stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => informer.Synced);
    }

    [Fact]
    public async Task Synced_OnAnEmptyList_Completes()
    {
        var informer = New();
        _client.GiveList();
        Start(informer);

        await informer.Synced.WaitAsync(_stop.Token);

        Assert.Empty(informer.Store.List());
    }

    private static IEnumerable<string> Names(IEnumerable<Pod> pods) => pods.Select(p => p.Metadata.Name).Order();

    private Informer<Pod> New(InformerOptions<Pod>? options = null) =>
        new(_client, Resources.Pods, options ?? new InformerOptions<Pod>(), NullLoggerFactory.Instance, TimeProvider.System);

    private void Start(Informer<Pod> informer) => _running = informer.RunAsync(_stop.Token);

    private Recorder Add(Informer<Pod> informer)
    {
        var recorder = new Recorder(_stop.Token);
        informer.AddHandler(recorder);
        return recorder;
    }

    private sealed class Recorder(CancellationToken limit) : IInformerHandler<Pod>
    {
        private readonly Channel<string> _calls = Channel.CreateUnbounded<string>();

        public void OnAdd(Pod value, bool isInInitialList) => Write($"add {Id(value)}{(isInInitialList ? " initial" : "")}");

        public void OnUpdate(Pod oldValue, Pod newValue) => Write($"update {Id(oldValue)} {Id(newValue)}");

        public void OnDelete(Pod value) => Write($"delete {Id(value)}");

        public async Task<string> NextAsync() => await _calls.Reader.ReadAsync(limit);

        public List<string> TakeAll()
        {
            var all = new List<string>();
            while (_calls.Reader.TryRead(out var call))
            {
                all.Add(call);
            }

            return all;
        }

        private void Write(string call) => Assert.True(_calls.Writer.TryWrite(call));

        private static string Id(Pod pod) => $"{pod.Metadata.Name}@{pod.Metadata.ResourceVersion}";
    }

    private sealed class Thrower : IInformerHandler<Pod>
    {
        public void OnAdd(Pod value, bool isInInitialList) => throw new InvalidOperationException("on purpose");

        public void OnUpdate(Pod oldValue, Pod newValue) => throw new InvalidOperationException("on purpose");

        public void OnDelete(Pod value) => throw new InvalidOperationException("on purpose");
    }
}
