using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Coordination;
using NodeAgent.KubeApi.Coordination.V1;
using NodeAgent.Testing;

namespace NodeAgent.KubeApi.Tests.Coordination;

public class LeaderElectorTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly InMemoryKubeClient _client;
    private bool _isDown;

    public LeaderElectorTests()
    {
        _client = new InMemoryKubeClient(_clock)
        {
            OnRequest = (_, _) => _isDown ? throw new KubeApiException("lease", HttpStatusCode.ServiceUnavailable, "", "down") : Task.CompletedTask,
        };
    }

    [Fact]
    public async Task RunAsync_NoLease_CreatesItAndLeads()
    {
        using var stop = new CancellationTokenSource();
        var a = New("a");
        var run = a.RunAsync(Forever, stop.Token);
        await Eventually.HoldsAsync(() => a.IsLeader);

        var spec = _client.Peek(Resources.Leases, "kube-system", "kube-scheduler")!.Spec;
        Assert.Equal(("a", 15, 0), (spec.HolderIdentity, spec.LeaseDurationSeconds, spec.LeaseTransitions));
        await stop.CancelAsync();
        Assert.Equal(LeadershipEnd.Stopped, await run);
    }

    [Fact]
    public async Task RunAsync_Stopped_GivesTheLeaseUp_AfterTheWorkHasEnded()
    {
        using var stop = new CancellationTokenSource();
        var winding = new TaskCompletionSource();
        var a = New("a");
        var run = a.RunAsync(async token => { await Task.WhenAny(Forever(token)); await winding.Task; }, stop.Token);
        await Eventually.HoldsAsync(() => a.IsLeader);
        await stop.CancelAsync();
        Assert.Equal("a", Holder);
        winding.SetResult();
        await run;

        var spec = _client.Peek(Resources.Leases, "kube-system", "kube-scheduler")!.Spec;
        Assert.Equal(("", 1), (spec.HolderIdentity, spec.LeaseDurationSeconds));
    }

    [Fact]
    public async Task RunAsync_Released_TheOtherLeadsAtItsNextTry()
    {
        using var stopA = new CancellationTokenSource();
        using var stopB = new CancellationTokenSource();
        var (a, b) = (New("a"), New("b"));
        var runA = a.RunAsync(Forever, stopA.Token);
        await Eventually.HoldsAsync(() => a.IsLeader);
        var runB = b.RunAsync(Forever, stopB.Token);
        await Eventually.HoldsAsync(() => b.Leader == "a");
        await stopA.CancelAsync();
        await runA;
        await AdvanceUntilAsync(() => b.IsLeader, TimeSpan.FromSeconds(5));
        Assert.Equal(1, _client.Peek(Resources.Leases, "kube-system", "kube-scheduler")!.Spec.LeaseTransitions);
        await stopB.CancelAsync();
        await runB;
    }

    [Fact]
    public async Task RunAsync_HeldByADeadProcess_WaitsItsDurationFromFirstSight()
    {
        // The dead one's clock was an hour ahead: its renew time must not matter.
        _client.Seed(Resources.Leases, new Lease
        {
            Metadata = new() { Namespace = "kube-system", Name = "kube-scheduler" },
            Spec = new LeaseSpec { HolderIdentity = "dead", LeaseDurationSeconds = 15, RenewTime = Meta.V1.MicroTime.From(_clock.GetUtcNow().AddHours(1)), LeaseTransitions = 3 },
        });
        using var stop = new CancellationTokenSource();
        var a = New("a");
        var run = a.RunAsync(Forever, stop.Token);
        await Eventually.HoldsAsync(() => a.Leader == "dead");
        var start = _clock.GetUtcNow();
        await AdvanceUntilAsync(() => a.IsLeader, TimeSpan.FromSeconds(30));
        Assert.InRange(_clock.GetUtcNow() - start, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(20));
        Assert.Equal(4, _client.Peek(Resources.Leases, "kube-system", "kube-scheduler")!.Spec.LeaseTransitions);
        await stop.CancelAsync();
        await run;
    }

    [Fact]
    public async Task RunAsync_ServerDown_LosesWithinTheDeadline_AndCancelsTheWork()
    {
        var isCancelled = false;
        var a = New("a");
        var run = a.RunAsync(async token => { await Task.WhenAny(Forever(token)); isCancelled = true; }, default);
        await Eventually.HoldsAsync(() => a.IsLeader);
        await AdvanceUntilAsync(() => _client.Requests.Count > 5, TimeSpan.FromSeconds(30));
        _isDown = true;
        var start = _clock.GetUtcNow();
        await AdvanceUntilAsync(() => run.IsCompleted, TimeSpan.FromSeconds(20));
        Assert.Equal(LeadershipEnd.Lost, await run);
        Assert.True(isCancelled);
        Assert.InRange(_clock.GetUtcNow() - start, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(14));
        Assert.Equal("a", Holder);
    }

    [Fact]
    public async Task RunAsync_ShortOutage_GoesOnLeading()
    {
        using var stop = new CancellationTokenSource();
        var a = New("a");
        var run = a.RunAsync(Forever, stop.Token);
        await Eventually.HoldsAsync(() => a.IsLeader);
        _isDown = true;
        await AdvanceAsync(TimeSpan.FromSeconds(7));
        _isDown = false;
        var before = _client.Requests.Count;
        await AdvanceUntilAsync(() => _client.Requests.Count > before + 5, TimeSpan.FromSeconds(30));
        Assert.True(a.IsLeader);
        Assert.False(run.IsCompleted);
        await stop.CancelAsync();
        Assert.Equal(LeadershipEnd.Stopped, await run);
    }

    [Fact]
    public async Task RunAsync_AnotherTookTheLease_LosesAtOnce()
    {
        var a = New("a");
        var run = a.RunAsync(Forever, default);
        await Eventually.HoldsAsync(() => a.IsLeader);
        var lease = _client.Peek(Resources.Leases, "kube-system", "kube-scheduler")!;
        lease.Spec.HolderIdentity = "b";
        _client.Seed(Resources.Leases, lease);
        var start = _clock.GetUtcNow();
        await AdvanceUntilAsync(() => run.IsCompleted, TimeSpan.FromSeconds(20));
        Assert.Equal(LeadershipEnd.Lost, await run);
        Assert.InRange(_clock.GetUtcNow() - start, TimeSpan.Zero, TimeSpan.FromSeconds(3));
        Assert.Equal("b", Holder);
    }

    [Fact]
    public async Task MayAct_ProcessWasPausedForTheLease_IsFalseBeforeAnythingIsAsked()
    {
        using var stop = new CancellationTokenSource();
        var a = New("a");
        var run = a.RunAsync(Forever, stop.Token);
        await Eventually.HoldsAsync(() => a.MayAct);
        _isDown = true;

        _clock.Advance(TimeSpan.FromSeconds(12));

        Assert.False(a.MayAct);
        await stop.CancelAsync();
        await AdvanceUntilAsync(() => run.IsCompleted, TimeSpan.FromSeconds(30));
        Assert.False(a.MayAct);
    }

    [Fact]
    public async Task RunAsync_WorkTakesLongToEnd_LeaseIsLeftToRunOut()
    {
        using var stop = new CancellationTokenSource();
        var winding = new TaskCompletionSource();
        var a = New("a");
        var run = a.RunAsync(async token => { await Task.WhenAny(Forever(token)); await winding.Task; }, stop.Token);
        await Eventually.HoldsAsync(() => a.MayAct);
        await stop.CancelAsync();
        await AdvanceAsync(TimeSpan.FromSeconds(5));
        Assert.True(a.MayAct);

        winding.SetResult();

        Assert.Equal(LeadershipEnd.Stopped, await run);
        Assert.Equal("a", Holder);
        Assert.False(a.MayAct);
    }

    [Fact]
    public async Task RunAsync_WorkFails_ReleasesAndThrowsOn()
    {
        var a = New("a");
        await Assert.ThrowsAsync<InvalidOperationException>(() => a.RunAsync(_ => throw new InvalidOperationException("broken"), default));
        Assert.Equal("", Holder);
    }

    [Fact]
    public void Validate_Durations() =>
        Assert.Equal(
            ["leaseDuration", "renewDeadline"],
            new LeaderElectionOptions("n", "l", "i") { LeaseDuration = TimeSpan.FromSeconds(2), RenewDeadline = TimeSpan.FromSeconds(3) }.Validate().Select(e => e.Split(':')[0]));

    private string Holder => _client.Peek(Resources.Leases, "kube-system", "kube-scheduler")!.Spec.HolderIdentity;

    private static Task Forever(CancellationToken cancellationToken) => Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);

    private LeaderElector New(string identity) => new(
        _client, new LeaderElectionOptions("kube-system", "kube-scheduler", identity), _clock, new Random(1), NullLogger<LeaderElector>.Instance);

    private Task AdvanceAsync(TimeSpan by)
    {
        var end = _clock.GetUtcNow() + by;
        return AdvanceUntilAsync(() => _clock.GetUtcNow() >= end, by);
    }

    /// <summary>Steps the clock, each time only once somebody waits for it.</summary>
    private async Task AdvanceUntilAsync(Func<bool> condition, TimeSpan atMost)
    {
        var step = TimeSpan.FromSeconds(0.25);
        for (var passed = TimeSpan.Zero; passed < atMost && !condition(); passed += step)
        {
            await Eventually.HoldsAsync(() => condition() || _clock.WaitingTimers > 0);
            if (!condition())
            {
                _clock.Advance(step);
            }
        }

        await Eventually.HoldsAsync(condition);
    }
}
