using Microsoft.Extensions.Logging;
using NodeAgent.Hosting.Concurrency;
using NodeAgent.Proxy.Explain;
using NodeAgent.Proxy.Health;
using NodeAgent.Proxy.Iptables;
using NodeAgent.Proxy.Services;
using NodeAgent.Proxy.Watch;

namespace NodeAgent.Proxy.Sync;

/// <summary>One family's proxier with its loop: when it runs, and what happens when it fails.</summary>
internal sealed partial class FamilySync
{
    /// <summary>Changes that come alone are written at once, those of a rollout that goes on are collected: as many syncs may follow each other without a pause.</summary>
    private const int Burst = 4;

    /// <summary>How much of the time the writes of a rollout that goes on may take, for as long as that stretches the pause to no more than three times the least.</summary>
    private const double WriteShare = 0.03;

    /// <summary>A write of more chains than these is one of a rollout.</summary>
    private const int FewChains = 100;

    private const double PauseStretch = 3;
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private readonly FamilyProxier _proxier;
    private readonly IIptables _iptables;
    private readonly IRulesWatch _watch;
    private readonly ProxyHealth _health;
    private readonly IReadOnlyList<ISyncObserver> _observers;
    private readonly Func<ServiceModel, CancellationToken, Task> _synced;
    private readonly SyncIntervals _intervals;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly BoundedFrequencyRunner _runner;
    private readonly Suspicions _suspicions;
    private bool _failing;
    private long _compared;

    /// <param name="synced">Called after each sync with the model that the rules have now.</param>
    public FamilySync(FamilyProxier proxier, IIptables iptables, IRulesWatch watch, ProxyHealth health, IReadOnlyList<ISyncObserver> observers, Func<ServiceModel, CancellationToken, Task> synced, SyncIntervals intervals, TimeProvider time, ILogger<FamilySync> logger)
    {
        (_proxier, _iptables, _watch, _health, _observers, _time, _logger) = (proxier, iptables, watch, health, observers, time, logger);
        (_synced, _intervals) = (synced, intervals);
        _suspicions = new Suspicions(intervals.Retry, time);
        _compared = time.GetTimestamp();
        _runner = new BoundedFrequencyRunner(SyncAsync, intervals.Min, intervals.Max, intervals.Retry, time, OnFailed)
        {
            Burst = Burst,
            Stretch = PauseStretch,
            Backoff = new ExponentialBackoff(FirstRetry, intervals.Retry),
        };
    }

    public IPFamily Family => _proxier.Family;

    /// <summary>The model that the rules have now.</summary>
    public ServiceModel Model => _proxier.Model;

    public ExplainedState Explained() => _proxier.Explained();

    /// <summary>The model or a setting changed.</summary>
    public void Changed()
    {
        _health.Queued(Family);
        _runner.Request();
    }

    /// <summary>Somebody else changed the kernel's rules, or may have.</summary>
    public void Suspect()
    {
        _proxier.RequestFullSync();
        _runner.Request();
    }

    /// <summary>Syncs until cancelled. Not to be called before the model is complete.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Changed();
        var watch = WatchRulesAsync(cancellationToken);
        await await Task.WhenAny(_runner.RunAsync(cancellationToken), WatchCanariesAsync(cancellationToken), watch);
    }

    private async ValueTask<bool> SyncAsync(CancellationToken cancellationToken)
    {
        if (_time.GetElapsedTime(_compared) >= _intervals.Max)
        {
            _proxier.RequestFullSync();
        }

        var started = _time.GetTimestamp();
        var result = await _proxier.SyncAsync(cancellationToken);
        if (result.Full)
        {
            _compared = _time.GetTimestamp();
            _suspicions.Compared(_time.GetElapsedTime(started), result.WroteSomething);
        }

        _runner.Share = result.ChainsWritten > FewChains ? WriteShare : 1;
        _failing = false;
        _health.Updated(Family);
        _iptables.Prepare();
        await _synced(_proxier.Model, cancellationToken);
        return true;
    }

    private void OnFailed(Exception e)
    {
        if (!_failing)
        {
            LogFailed(e, Family);
        }
        else
        {
            LogFailedAgain(Family, e.Message);
        }

        _failing = true;
        foreach (var observer in _observers)
        {
            observer.Failed(Family, e);
        }
    }

    /// <summary>Ends only with an error: a watch that is not possible leaves the canaries.</summary>
    private async Task WatchRulesAsync(CancellationToken cancellationToken)
    {
        await _watch.RunAsync(what => _ = OnDisturbedAsync(what, cancellationToken), cancellationToken);
        await Task.Delay(Timeout.InfiniteTimeSpan, _time, cancellationToken);
    }

    private async Task OnDisturbedAsync(RulesDisturbance what, CancellationToken cancellationToken)
    {
        try
        {
            if (what == RulesDisturbance.Missed)
            {
                await LookForCanariesAsync(cancellationToken);
                return;
            }

            if (_suspicions.Raise() is not { } wait)
            {
                return;
            }

            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, _time, cancellationToken);
            }

            LogDisturbed(Family);
            _suspicions.Acted();
            Suspect();
        }
        catch (OperationCanceledException)
        {
            // The proxy stops.
        }
    }

    /// <summary>A flush that no watch told of is found by the canary chains that went with it.</summary>
    private async Task WatchCanariesAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(_intervals.Retry, _time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            await LookForCanariesAsync(cancellationToken);
        }
    }

    private async Task LookForCanariesAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!await _iptables.HasCanariesAsync(cancellationToken))
            {
                LogCanariesGone(Family);
                Suspect();
            }
        }
        catch (IptablesException e)
        {
            LogCanariesUnreadable(e, Family);
        }
    }

    [LoggerMessage(10, LogLevel.Error, "Syncing {Family} rules failed; trying again")]
    private partial void LogFailed(Exception e, IPFamily family);

    [LoggerMessage(11, LogLevel.Error, "Syncing {Family} rules still fails: {Reason}")]
    private partial void LogFailedAgain(IPFamily family, string reason);

    [LoggerMessage(12, LogLevel.Warning, "The {Family} canary chains are gone: somebody flushed the tables; writing all rules again")]
    private partial void LogCanariesGone(IPFamily family);

    [LoggerMessage(13, LogLevel.Warning, "Looking for the {Family} canary chains failed")]
    private partial void LogCanariesUnreadable(Exception e, IPFamily family);

    [LoggerMessage(14, LogLevel.Information, "Somebody else removed {Family} rules; comparing all of them with the kernel's")]
    private partial void LogDisturbed(IPFamily family);
}
