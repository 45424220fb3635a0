using Microsoft.Extensions.Logging;
using NodeAgent.Proxy.Health;
using NodeAgent.Proxy.Iptables;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Sync;

/// <summary>One family's proxier with its loop: when it runs, and what happens when it fails.</summary>
internal sealed partial class FamilySync
{
    private readonly FamilyProxier _proxier;
    private readonly IIptables _iptables;
    private readonly ProxyHealth _health;
    private readonly IReadOnlyList<ISyncObserver> _observers;
    private readonly Func<ServiceModel, CancellationToken, Task> _synced;
    private readonly TimeSpan _syncPeriod;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SyncLoop _loop;
    private bool _failing;

    /// <param name="synced">Called after each sync with the model that the rules have now.</param>
    public FamilySync(FamilyProxier proxier, IIptables iptables, ProxyHealth health, IReadOnlyList<ISyncObserver> observers, Func<ServiceModel, CancellationToken, Task> synced, SyncIntervals intervals, TimeProvider time, ILogger<FamilySync> logger)
    {
        (_proxier, _iptables, _health, _observers, _time, _logger) = (proxier, iptables, health, observers, time, logger);
        (_synced, _syncPeriod) = (synced, intervals.Retry);
        _loop = new SyncLoop(SyncAsync, OnFailed, intervals, time);
    }

    public IPFamily Family => _proxier.Family;

    /// <summary>The model or a setting changed.</summary>
    public void Changed()
    {
        _health.Queued(Family);
        _loop.Request();
    }

    /// <summary>Somebody else changed the kernel's rules, or may have.</summary>
    public void Suspect()
    {
        _proxier.RequestFullSync();
        _loop.Request();
    }

    /// <summary>Syncs until cancelled. Not to be called before the model is complete.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Changed();
        await await Task.WhenAny(_loop.RunAsync(cancellationToken), WatchCanariesAsync(cancellationToken));
    }

    private async Task SyncAsync(bool regular, CancellationToken cancellationToken)
    {
        if (regular)
        {
            _proxier.RequestFullSync();
        }

        await _proxier.SyncAsync(cancellationToken);
        _failing = false;
        _health.Updated(Family);
        await _synced(_proxier.Model, cancellationToken);
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

    /// <summary>A flush that no notification told of is found by the canary chains that went with it.</summary>
    private async Task WatchCanariesAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(_syncPeriod, _time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
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
    }

    [LoggerMessage(10, LogLevel.Error, "Syncing {Family} rules failed; trying again")]
    private partial void LogFailed(Exception e, IPFamily family);

    [LoggerMessage(11, LogLevel.Error, "Syncing {Family} rules still fails: {Reason}")]
    private partial void LogFailedAgain(IPFamily family, string reason);

    [LoggerMessage(12, LogLevel.Warning, "The {Family} canary chains are gone: somebody flushed the tables; writing all rules again")]
    private partial void LogCanariesGone(IPFamily family);

    [LoggerMessage(13, LogLevel.Warning, "Looking for the {Family} canary chains failed")]
    private partial void LogCanariesUnreadable(Exception e, IPFamily family);
}
