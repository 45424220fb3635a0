using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Discovery.V1;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Proxy.Services;
using NodeAgent.Proxy.Sync;
using NodeAgent.Proxy.Tests.Fakes;
using NodeAgent.Testing;

namespace NodeAgent.Proxy.Tests.Sync;

/// <summary>The real list and watch against an API server in memory that fails.</summary>
public sealed class OutageTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly InMemoryKubeClient _server;
    private readonly SyncHarness _sync;
    private readonly ModelFeed _feed;
    private readonly CancellationTokenSource _stop = new();
    private Task _source = Task.CompletedTask;
    private int _changes;

    public OutageTests()
    {
        _server = new InMemoryKubeClient(_time);
        _sync = new SyncHarness(_time);
        _feed = new ModelFeed(new Dictionary<IPFamily, ServiceTracker> { [IPFamily.IPv4] = _sync.Tracker }, new EndpointSliceReader(Model.Node), _ => Interlocked.Increment(ref _changes), _time.GetUtcNow());
        Put("a", "10.96.0.1", "10.244.0.1");
        Put("b", "10.96.0.2", "10.244.0.2");
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    [Fact]
    public async Task Complete_SlicesNotListed_IsNotComplete()
    {
        _server.OnRequest = (request, _) => request.Resource == "endpointslices" ? throw Unreachable() : Task.CompletedTask;
        Start();
        await EventuallyAsync(() => _feed.ServiceChanges == 2);

        Assert.False(_feed.Complete.IsCompleted);
    }

    [Fact]
    public async Task Watch_BrokenWithADeletionMissed_EndsInTheServersState()
    {
        await StartAndSyncAsync();
        var away = true;
        _server.OnRequest = (_, _) => away ? throw Unreachable() : Task.CompletedTask;
        _server.BreakWatches(Resources.Services, Unreachable(), forget: true);
        _server.BreakWatches(Resources.EndpointSlices, Unreachable(), forget: true);
        var before = _sync.Iptables.Save();
        _server.Remove(Resources.Services, "ns", "b");
        _server.Remove(Resources.EndpointSlices, "ns", "b");
        Put("c", "10.96.0.3", "10.244.0.3");
        await _sync.Proxier.SyncAsync(default);
        Assert.Equal(before, _sync.Iptables.Save());

        away = false;
        await EventuallyAsync(() => Has("c") && !Has("b"));

        Assert.Equal(_sync.FreshRules(_sync.Proxier.Model), _sync.Iptables.Save());
        Assert.Equal(["ns/a:http", "ns/c:http"], _sync.Proxier.Model.Ports.Select(p => p.Port.Name.ToString()).Order());
    }

    [Fact]
    public async Task Watch_EndedRegularly_GoesOnWithoutALossOrAnotherList()
    {
        await StartAndSyncAsync();
        var lists = _server.Requests.Count(r => r.Verb == "list");
        _server.BreakWatches(Resources.Services);
        _server.BreakWatches(Resources.EndpointSlices);

        Put("c", "10.96.0.3", "10.244.0.3");
        await EventuallyAsync(() => Has("c"));

        Assert.Equal(lists, _server.Requests.Count(r => r.Verb == "list"));
        Assert.Equal(_sync.FreshRules(_sync.Proxier.Model), _sync.Iptables.Save());
    }

    private static KubeConnectionException Unreachable() => new("watch services", new Uri("https://api.test:6443"), new IOException("made to fail"));

    private bool Has(string service)
    {
        _sync.Proxier.SyncAsync(default).GetAwaiter().GetResult();
        var name = new ServicePortName(new ServiceKey("ns", service), "http", Protocol.Tcp);
        return _sync.Proxier.Model.Ports.Any(p => p.Port.Name == name && p.Endpoints.Count > 0);
    }

    private void Start() => _source = new ModelSource(_server, NullLoggerFactory.Instance, _time).RunAsync(_feed, _stop.Token);

    private async Task StartAndSyncAsync()
    {
        Start();
        await EventuallyAsync(() => _feed.Complete.IsCompleted);
        await _sync.Proxier.SyncAsync(default);
        Assert.Equal(2, _sync.Proxier.Model.Services.Count);
    }

    /// <summary>Waits are the fake clock's; the work between them runs elsewhere.</summary>
    private async Task EventuallyAsync(Func<bool> condition)
    {
        for (var i = 0; i < 2000; i++)
        {
            if (condition())
            {
                return;
            }

            Assert.False(_source.IsFaulted, _source.Exception?.ToString());
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(1);
        }

        Assert.Fail("this did not come to pass");
    }

    private void Put(string name, string clusterIP, string endpoint)
    {
        var service = new Service { Metadata = new ObjectMeta { Namespace = "ns", Name = name }, Spec = new ServiceSpec { ClusterIP = clusterIP, Type = "ClusterIP" } };
        service.Spec.Ports.Add(new KubeApi.Core.V1.ServicePort { Name = "http", Port = 80, Protocol = "TCP" });
        _server.Seed(Resources.Services, service);
        var slice = new EndpointSlice { Metadata = new ObjectMeta { Namespace = "ns", Name = name }, AddressType = "IPv4" };
        slice.Metadata.Labels[EndpointSliceReader.ServiceNameLabel] = name;
        slice.Ports.Add(new EndpointPort { Name = "http", Port = 8080, Protocol = "TCP" });
        slice.Endpoints.Add(new KubeApi.Discovery.V1.Endpoint { Addresses = { endpoint }, Conditions = new EndpointConditions { Ready = true } });
        _server.Seed(Resources.EndpointSlices, slice);
    }
}
