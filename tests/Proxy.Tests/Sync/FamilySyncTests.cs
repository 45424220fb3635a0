using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Proxy.Health;
using NodeAgent.Proxy.Iptables;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;
using NodeAgent.Proxy.Sync;
using NodeAgent.Proxy.Tests.Fakes;
using NodeAgent.Proxy.Watch;
using NodeAgent.Testing;

namespace NodeAgent.Proxy.Tests.Sync;

/// <summary>The loop around a proxier: when it tries again after failures, and what is heard of them.</summary>
public sealed class FamilySyncTests : IAsyncDisposable
{
    /// <summary>The runner's wait and the look for canaries.</summary>
    private const int TimersAtRest = 2;

    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);
    private readonly FakeTimeProvider _time = new();
    private readonly SyncHarness _harness;
    private readonly ProxyHealth _health;
    private readonly Failures _failures;
    private readonly FamilySync _sync;
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public FamilySyncTests()
    {
        _harness = new SyncHarness(_time);
        _health = new ProxyHealth(TimeSpan.FromMinutes(1), _time);
        _failures = new Failures(_time);
        var intervals = new SyncIntervals(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), TimeSpan.FromHours(1));
        _sync = new FamilySync(_harness.Proxier, _harness.Iptables, new NoWatch(), _health, [_failures], (_, _) => Task.CompletedTask, intervals, _time, NullLogger<FamilySync>.Instance);
        SetWeb("10.244.0.1");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        _stop.Dispose();
    }

    [Fact]
    public async Task RunAsync_WritesKeepFailing_TriesAgainWithGrowingWaitsUpToTheSyncPeriodAndIsHealthyAgainAfterwards()
    {
        await StartAsync();
        _harness.Iptables.FailRestores = int.MaxValue;
        SetWeb("10.244.0.2");
        _sync.Changed();
        await UntilAsync(() => _failures.At.Count == 1);

        await AdvanceUntilAsync(() => _failures.At.Count == 8);
        var healthyMeanwhile = _health.Report().Healthy;
        _harness.Iptables.FailRestores = 0;
        await AdvanceUntilAsync(() => _harness.Results.Count == 2);

        var at = _failures.At.ToArray();
        Assert.Equal([1, 2, 4, 8, 16, 30, 30], at.Zip(at.Skip(1), (a, b) => Math.Round((b - a).TotalSeconds)));
        Assert.Equal((1, false, true), (_harness.Refused, healthyMeanwhile, _health.Report().Healthy));
        Assert.True(_harness.Results[1].Full);
        Assert.Equal(_harness.FreshRules(_sync.Model), _harness.Iptables.Save());
    }

    [Fact]
    public async Task RunAsync_PartialWriteRefusedOnce_IsWholeWithoutAWait()
    {
        await StartAsync();
        _harness.Iptables.FailRestores = 1;
        SetWeb("10.244.0.2");
        _sync.Changed();

        await UntilAsync(() => _harness.Results.Count == 2);

        Assert.Equal((1, 0), (_harness.Refused, _failures.At.Count));
        Assert.True(_harness.Results[1] is { Full: true, FellBack: true });
        Assert.Equal(_harness.FreshRules(_sync.Model), _harness.Iptables.Save());
    }

    [Fact]
    public async Task RunAsync_CanariesGone_WritesEverythingAgainWithinTheSyncPeriod()
    {
        await StartAsync();
        var before = _harness.Iptables.Save();
        _harness.Iptables.FlushAll();

        _time.Advance(TimeSpan.FromSeconds(30));
        await UntilAsync(() => _harness.Results.Count == 2);

        Assert.Equal(before, _harness.Iptables.Save());
    }

    [Fact]
    public async Task RunAsync_NothingAskedForAWholeHour_ComparesEverythingWithTheKernel()
    {
        await StartAsync();
        var before = _harness.Iptables.Save();
        _harness.Iptables.Tables["nat"]["KUBE-MARK-MASQ"].Clear();

        _time.Advance(TimeSpan.FromHours(1));
        await UntilAsync(() => _harness.Results.Count == 2);

        Assert.True(_harness.Results[1].Full);
        Assert.Equal(before, _harness.Iptables.Save());
    }

    private async Task StartAsync()
    {
        _running = _sync.RunAsync(_stop.Token);
        await UntilAsync(() => _harness.Results.Count == 1 && _time.WaitingTimers == TimersAtRest);
    }

    private void SetWeb(string endpoint)
    {
        var port = Model.Port("ns/web", "10.96.0.1");
        _harness.Tracker.SetService(port.Name.Service, [port]);
        _harness.Tracker.SetSlice(new SliceInfo(port.Name.Service, "web-1", [new SlicePort(port.Name, [Model.Endpoint(endpoint)])]), null);
    }

    /// <summary>Moves the clock whenever the loop waits for it.</summary>
    private async Task AdvanceUntilAsync(Func<bool> condition)
    {
        for (var step = 0; step < 2000 && !condition(); step++)
        {
            await UntilAsync(() => _time.WaitingTimers == TimersAtRest);
            _time.Advance(Step);
        }

        await UntilAsync(() => _time.WaitingTimers == TimersAtRest);

        Assert.True(condition(), "this did not come to pass");
    }

    /// <summary>Work goes on on other threads; none of it waits for the clock here.</summary>
    private async Task UntilAsync(Func<bool> condition)
    {
        var started = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.False(_running.IsFaulted, _running.Exception?.ToString());
            Assert.True(started.Elapsed < TimeSpan.FromSeconds(20), "this did not come to pass");
            await Task.Delay(1);
        }
    }

    private sealed class Failures(TimeProvider time) : ISyncObserver
    {
        public ConcurrentQueue<DateTimeOffset> At { get; } = [];

        public void Synced(IPFamily family, ServiceModel model, RuleBook rules, SyncResult result, TimeSpan took, IReadOnlyList<DateTimeOffset> triggerTimes)
        {
        }

        public void PartialRefused(IPFamily family, IptablesException reason)
        {
        }

        public void Failed(IPFamily family, Exception reason) => At.Enqueue(time.GetUtcNow());
    }

    private sealed class NoWatch : IRulesWatch
    {
        public Task RunAsync(Action<RulesDisturbance> changed, CancellationToken cancellationToken) => Task.CompletedTask;

        public void Writing(int processId)
        {
        }

        public void Written()
        {
        }
    }
}
