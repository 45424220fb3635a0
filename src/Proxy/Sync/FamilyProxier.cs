using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using NodeAgent.Proxy.Conntrack;
using NodeAgent.Proxy.Explain;
using NodeAgent.Proxy.Iptables;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Sync;

/// <summary>
/// Keeps one family's rules in the kernel equal to the model: takes what changed, plans, writes, and cleans up after it.
/// Syncs come one at a time; <see cref="RequestFullSync"/> and <see cref="Explained"/> may be called by anybody.
/// </summary>
/// <param name="settings">The settings as they are now; another value than before means that all rules are built anew.</param>
internal sealed partial class FamilyProxier(
    IPFamily family,
    ServiceTracker tracker,
    Func<RuleSettings> settings,
    IIptables iptables,
    FlowCleaner flows,
    IEnumerable<ISyncObserver> observers,
    TimeProvider time,
    ILogger<FamilyProxier> logger)
{
    private const int ManyChains = 1000;
    private readonly Lock _bookLock = new();
    private readonly ConcurrentDictionary<ServiceKey, DateTimeOffset> _programmed = new();
    private readonly HashSet<ServiceKey> _notProgrammed = [];
    private readonly List<DateTimeOffset> _triggerTimes = [];
    private RuleBook _book = new(settings());
    private DateTimeOffset? _compared;
    private bool _flowsConcerned;
    private int _fullSyncWanted = 1;

    public IPFamily Family { get; } = family;

    /// <summary>The model that the rules were last built from.</summary>
    public ServiceModel Model { get; private set; } = ServiceModel.Empty;

    /// <summary>What has been programmed, for an account of it. May be called by anybody, at any time.</summary>
    public ExplainedState Explained()
    {
        lock (_bookLock)
        {
            var book = _book;
            return new ExplainedState(Family, Model, book.Settings, DispatchOf, key => _programmed.TryGetValue(key, out var at) ? at : null, _compared);
        }
    }

    /// <summary>The next sync reads the kernel's rules and repairs what differs.</summary>
    public void RequestFullSync() => Interlocked.Exchange(ref _fullSyncWanted, 1);

    /// <exception cref="IptablesException">The rules could not be written; the next sync is a full one.</exception>
    public async Task<SyncResult> SyncAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var full = Interlocked.Exchange(ref _fullSyncWanted, 0) == 1;
        var change = Take();
        // Only a full sync decides anew on comments: a cluster that is about as large as the limit would be rewritten again and again.
        var now = full ? settings().SizedFor(Model) : settings() with { EndpointComments = _book.Settings.EndpointComments };
        if (now != _book.Settings)
        {
            lock (_bookLock)
            {
                _book = new RuleBook(now);
            }

            full = true;
        }

        try
        {
            var result = await WriteAsync(change, full, cancellationToken);
            LogSynced(Family, result.Full ? "full" : "partial", time.GetElapsedTime(started).TotalMilliseconds, result.ChainsWritten, result.RulesWritten.Values.Sum(), result.ChainsDeleted);
            foreach (var observer in observers)
            {
                observer.Synced(Family, Model, _book, result, time.GetElapsedTime(started), _triggerTimes);
            }

            _triggerTimes.Clear();
            NoteProgrammed(result.Full);
            CleanFlows();
            return result;
        }
        catch
        {
            RequestFullSync();
            throw;
        }
    }

    private ModelChange Take()
    {
        var before = Model;
        var change = tracker.Take();
        Model = change.Model;
        _notProgrammed.UnionWith(change.Changed);
        _triggerTimes.AddRange(change.TriggerTimes);
        _flowsConcerned |= change.Changed.Any(key =>
            StaleFlows.Concern(before.Services.GetValueOrDefault(key) ?? []) || StaleFlows.Concern(change.Model.Services.GetValueOrDefault(key) ?? []));
        return change;
    }

    private async Task<SyncResult> WriteAsync(ModelChange change, bool full, CancellationToken cancellationToken)
    {
        if (full)
        {
            return await WriteFullAsync(fellBack: false, cancellationToken);
        }

        RulePlan plan;
        lock (_bookLock)
        {
            plan = _book.Update(change.Model, change.Changed);
        }

        try
        {
            return await RestoreAsync(RulePlanParts.Of(plan, iptables.MaxChainsPerChange), full: false, fellBack: false, cancellationToken);
        }
        catch (IptablesException e)
        {
            // Somebody else changed our chains: what is there has to be looked at.
            LogPartialRefused(e, Family);
            foreach (var observer in observers)
            {
                observer.PartialRefused(Family, e);
            }

            return await WriteFullAsync(fellBack: true, cancellationToken);
        }
    }

    private async Task<SyncResult> WriteFullAsync(bool fellBack, CancellationToken cancellationToken)
    {
        var kernel = await iptables.ReadAsync(cancellationToken);
        return await RestoreAsync(_book.CompareInParts(Model, kernel, iptables.MaxChainsPerRestore), full: true, fellBack, cancellationToken);
    }

    /// <summary>Writes part by part. While the kernel takes one, the next is made.</summary>
    private async Task<SyncResult> RestoreAsync(IEnumerable<RulePlan> parts, bool full, bool fellBack, CancellationToken cancellationToken)
    {
        var result = new SyncResult(full, fellBack, 0, new Dictionary<Table, int>(), 0, 0);
        var writing = Task.CompletedTask;
        using var enumerator = parts.GetEnumerator();
        try
        {
            while (Next(enumerator) is { } part)
            {
                if (part.IsEmpty)
                {
                    continue;
                }

                var text = RestoreText.Of(part);
                await writing;
                result = result.With(part);
                writing = iptables.RestoreAsync(text, cancellationToken);
            }
        }
        finally
        {
            await writing;
        }

        if (full && result.ChainsWritten > ManyChains)
        {
            // What tens of thousands of rules were made from will not be needed again for a long time.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }

        return result;
    }

    private RulePlan? Next(IEnumerator<RulePlan> parts)
    {
        lock (_bookLock)
        {
            return parts.MoveNext() ? parts.Current : null;
        }
    }

    private IReadOnlyList<DispatchEntry> DispatchOf(ChainId root)
    {
        lock (_bookLock)
        {
            return _book.DispatchOf(root);
        }
    }

    private void NoteProgrammed(bool compared)
    {
        var now = time.GetUtcNow();
        _compared = compared ? now : _compared;
        foreach (var key in _notProgrammed)
        {
            if (Model.Services.ContainsKey(key))
            {
                _programmed[key] = now;
            }
            else
            {
                _programmed.TryRemove(key, out _);
            }
        }

        _notProgrammed.Clear();
    }

    private void CleanFlows()
    {
        if (_flowsConcerned && flows.TryClean(Family, Model))
        {
            _flowsConcerned = false;
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "Synced {Family} rules ({Kind}) in {Milliseconds:F1} ms: {Chains} chains with {Rules} rules written, {Deleted} chains deleted")]
    private partial void LogSynced(IPFamily family, string kind, double milliseconds, int chains, int rules, int deleted);

    [LoggerMessage(2, LogLevel.Warning, "Writing the changed {Family} rules was refused; comparing all rules with the kernel's")]
    private partial void LogPartialRefused(Exception e, IPFamily family);
}
