using System.Net;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Coordination;
using NodeAgent.KubeApi.Coordination.V1;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.KubeApi.Tests.Fakes;
using NodeAgent.Testing;

namespace NodeAgent.KubeApi.Tests.Coordination;

public class LeaseRenewerTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly CollectingLogger<LeaseRenewer> _log = new();
    private readonly InMemoryKubeClient _client;
    private OwnerReference? _owner = new() { ApiVersion = "v1", Kind = "Node", Name = "n1", Uid = "u1" };
    private int _failures;

    public LeaseRenewerTests()
    {
        _client = new InMemoryKubeClient(_clock);
    }

    [Fact]
    public async Task RunAsync_CreatesThenRenewsWithOneWriteEach()
    {
        await RunAsync(async () =>
        {
            await Eventually.HoldsAsync(() => Lease is not null);
            Assert.Equal(("n1", 40, "u1"), (Lease!.Spec.HolderIdentity, Lease.Spec.LeaseDurationSeconds, Lease.Metadata.OwnerReferences[0].Uid));
            for (var i = 0; i < 3; i++)
            {
                await RenewAsync();
            }

            Assert.Equal(["get", "create", "update", "update", "update"], _client.Requests.Select(r => r.Verb));
            Assert.Equal(_clock.GetUtcNow(), Lease!.Spec.RenewTime.ToDateTimeOffset(), TimeSpan.FromSeconds(2));
        });
    }

    [Fact]
    public async Task RunAsync_SomebodyElseWrote_ReadsAnewAndRenews()
    {
        await RunAsync(async () =>
        {
            await Eventually.HoldsAsync(() => Lease is not null);
            var changed = Lease!;
            changed.Metadata.Labels["touched"] = "yes";
            _client.Seed(Resources.Leases, changed);
            await RenewAsync();
            Assert.Equal(["get", "create", "update", "get", "update"], _client.Requests.Select(r => r.Verb));
            Assert.Equal("yes", Lease!.Metadata.Labels["touched"]);
        });
    }

    [Fact]
    public async Task RunAsync_LeaseDeleted_IsCreatedAgain()
    {
        await RunAsync(async () =>
        {
            await Eventually.HoldsAsync(() => Lease is not null);
            _client.Remove(Resources.Leases, "kube-node-lease", "n1");
            await Eventually.HoldsAsync(() => _clock.WaitingTimers > 0);
            _clock.Advance(TimeSpan.FromSeconds(11));
            await Eventually.HoldsAsync(() => Lease is not null);
        });
    }

    [Fact]
    public async Task RunAsync_NodeNotThereYet_WaitsForIt()
    {
        var owner = _owner;
        _owner = null;
        await RunAsync(async () =>
        {
            await Eventually.HoldsAsync(() => _clock.WaitingTimers > 0);
            Assert.Null(Lease);
            _owner = owner;
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Eventually.HoldsAsync(() => Lease is not null);
        });
    }

    [Fact]
    public async Task RunAsync_ServerDown_TellsOfRepeatedFailuresAndRecovers()
    {
        await RunAsync(async () =>
        {
            await Eventually.HoldsAsync(() => Lease is not null && _clock.WaitingTimers > 0);
            _client.OnRequest = (_, _) => throw new KubeApiException("lease", HttpStatusCode.ServiceUnavailable, "", "down");
            _clock.Advance(TimeSpan.FromSeconds(11));
            await Eventually.HoldsAsync(() => _failures == 4 && _clock.WaitingTimers > 0);
            _client.OnRequest = null;
            var before = Lease!.Spec.RenewTime.ToDateTimeOffset();
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Eventually.HoldsAsync(() => Lease!.Spec.RenewTime.ToDateTimeOffset() > before);
        });
    }

    [Fact]
    public async Task RunAsync_ServerDown_IsOneLine_AndOneWhenItIsThereAgain()
    {
        await RunAsync(async () =>
        {
            await Eventually.HoldsAsync(() => Lease is not null && _clock.WaitingTimers > 0);
            _client.OnRequest = (_, _) => throw new KubeApiException("lease", HttpStatusCode.ServiceUnavailable, "", "down");
            for (var i = 0; i < 3; i++)
            {
                _clock.Advance(TimeSpan.FromSeconds(11));
                await Eventually.HoldsAsync(() => _clock.WaitingTimers > 0);
            }

            _client.OnRequest = null;
            var before = Lease!.Spec.RenewTime.ToDateTimeOffset();
            _clock.Advance(TimeSpan.FromSeconds(11));
            await Eventually.HoldsAsync(() => Lease!.Spec.RenewTime.ToDateTimeOffset() > before && _clock.WaitingTimers > 0);
        });

        var told = _log.Lines.Where(l => !l.StartsWith("Debug", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, told.Count);
        Assert.StartsWith("Warning: The lease kube-node-lease/n1 cannot be renewed", told[0], StringComparison.Ordinal);
        Assert.Equal("Information: The lease kube-node-lease/n1 is renewed again", told[1]);
    }

    private Lease? Lease => _client.Peek(Resources.Leases, "kube-node-lease", "n1");

    private async Task RenewAsync()
    {
        var before = _client.Requests.Count(r => r.Verb == "update");
        await Eventually.HoldsAsync(() => _clock.WaitingTimers > 0);
        _clock.Advance(TimeSpan.FromSeconds(10.5));
        await Eventually.HoldsAsync(() => _client.Requests.Count(r => r.Verb == "update") > before && _clock.WaitingTimers > 0);
    }

    private async Task RunAsync(Func<Task> test)
    {
        using var stop = new CancellationTokenSource();
        var renewer = new LeaseRenewer(_client, LeaseRenewerOptions.ForNode("n1"), _ => Task.FromResult(_owner), _clock, new Random(1), _log, () => _failures++);
        var run = renewer.RunAsync(stop.Token);
        await test();
        await stop.CancelAsync();
        await run;
    }
}
