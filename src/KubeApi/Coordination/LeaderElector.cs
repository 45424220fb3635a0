using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Coordination.V1;
using NodeAgent.KubeApi.Events;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.KubeApi.Objects;

namespace NodeAgent.KubeApi.Coordination;

/// <summary>Lets one of several processes lead, by a Lease that the leader renews.</summary>
/// <remarks>
/// <code>
/// waiting --lease free, or not renewed for its duration--> leading --renew deadline, or another holder--> lost
///                                                          leading --asked to stop, work ended--> released
/// </code>
/// Durations are measured from when this process saw the lease change, on its monotonic clock: no clock of another host and no
/// change of this one's wall clock can make two leaders. An instance runs once.
/// </remarks>
public sealed partial class LeaderElector(
    IKubeClient client, LeaderElectionOptions options, TimeProvider clock, Random random, ILogger<LeaderElector> logger, IEventRecorder? events = null)
{
    internal const double JitterFactor = 1.2;

    private readonly Lock _lock = new();
    private Lease? _lease;
    private LeaseSpec? _observed;
    private long _observedAt;
    private long _askedAt;
    private bool _isLeading;
    private string _reportedLeader = "";

    /// <summary>Called when another, or this process, has become the leader; must not block.</summary>
    public Action<string>? LeaderChanged { get; init; }

    /// <summary>The holder as last seen; empty when nobody holds the lease.</summary>
    public string Leader
    {
        get
        {
            lock (_lock)
            {
                return _observed?.HolderIdentity ?? "";
            }
        }
    }

    public bool IsLeader => Leader == options.Identity;

    /// <summary>
    /// Whether this process may act as the leader at this moment: it leads, and no other can have taken the lease. Reckoned from when the
    /// last successful renewal was sent, so that it turns false by itself in a process that was stopped for a while and goes on.
    /// </summary>
    public bool MayAct
    {
        get
        {
            lock (_lock)
            {
                return _isLeading && clock.GetElapsedTime(_askedAt) < ActingTime;
            }
        }
    }

    /// <summary>By then the leader has given up; others wait for longer.</summary>
    private TimeSpan ActingTime => options.RetryPeriod + options.RenewDeadline < options.LeaseDuration ? options.RetryPeriod + options.RenewDeadline : options.LeaseDuration;

    /// <summary>False for a leader that has not renewed for the lease's duration and this long on top: it hangs, and should be restarted.</summary>
    public bool IsHealthy(TimeSpan tolerance)
    {
        lock (_lock)
        {
            return _observed?.HolderIdentity != options.Identity || clock.GetElapsedTime(_observedAt) <= options.LeaseDuration + tolerance;
        }
    }

    /// <summary>
    /// Waits for the lease, then runs <paramref name="lead"/> while renewing it. When the lease is lost the token of
    /// <paramref name="lead"/> is cancelled at once and its end awaited; when <paramref name="cancellationToken"/> is cancelled the
    /// same, and then the lease is given up. What <paramref name="lead"/> throws is thrown on.
    /// </summary>
    public async Task<LeadershipEnd> RunAsync(Func<CancellationToken, Task> lead, CancellationToken cancellationToken)
    {
        if (options.Validate().ToArray() is { Length: > 0 } errors)
        {
            throw new ArgumentException("leader election: " + string.Join("; ", errors));
        }

        try
        {
            await AcquireAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return LeadershipEnd.Stopped;
        }

        SetLeading(true);
        RecordEvent("became leader");
        using var leading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var renewing = new CancellationTokenSource();
        var work = RunWorkAsync(lead, leading.Token);
        var renewal = RenewAsync(renewing.Token);
        var asked = -1L;
        using var stop = cancellationToken.UnsafeRegister(_ => Volatile.Write(ref asked, clock.GetTimestamp()), null);
        var isLost = await Task.WhenAny(work, renewal) == renewal;
        if (isLost)
        {
            SetLeading(false);
            LogLost(options.Namespace, options.Name, options.RenewDeadline);
            await leading.CancelAsync();
        }

        try
        {
            // Renewal goes on while the work winds down: nobody else may start before it has ended.
            await work;
        }
        catch (OperationCanceledException) when (leading.IsCancellationRequested)
        {
        }
        finally
        {
            await renewing.CancelAsync();
            await renewal;
            SetLeading(false);
            RecordEvent("stopped leading");
            if (!isLost && options.ReleaseOnStop)
            {
                await ReleaseAsync(Volatile.Read(ref asked) is >= 0 and var since ? clock.GetElapsedTime(since) : TimeSpan.Zero);
            }
        }

        return isLost ? LeadershipEnd.Lost : cancellationToken.IsCancellationRequested ? LeadershipEnd.Stopped : LeadershipEnd.WorkEnded;
    }

    /// <summary>The work starts on a thread of its own, so that one that computes before it waits does not hold up renewal.</summary>
    private static Task RunWorkAsync(Func<CancellationToken, Task> lead, CancellationToken cancellationToken) =>
        Task.Run(() => lead(cancellationToken), CancellationToken.None);

    private async Task AcquireAsync(CancellationToken cancellationToken)
    {
        LogWaiting(options.Namespace, options.Name, options.Identity);
        while (!await TryOnceAsync(options.RenewDeadline, cancellationToken))
        {
            ReportLeader();
            var pause = options.RetryPeriod * (1 + JitterFactor * random.NextDouble());
            await Task.Delay(options.WatchPeriod is { } period && period < pause ? period : pause, clock, cancellationToken);
        }

        ReportLeader();
        LogAcquired(options.Namespace, options.Name, options.Identity);
    }

    /// <summary>Returns when the lease is lost, or on cancellation.</summary>
    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(options.RetryPeriod, clock, cancellationToken);
                var started = clock.GetTimestamp();
                while (!await TryOnceAsync(options.RenewDeadline - clock.GetElapsedTime(started), cancellationToken))
                {
                    ReportLeader();
                    var left = options.RenewDeadline - clock.GetElapsedTime(started);
                    if (left <= TimeSpan.Zero || IsHeldByAnother())
                    {
                        return;
                    }

                    await Task.Delay(left < options.RetryPeriod ? left : options.RetryPeriod, clock, cancellationToken);
                    if (clock.GetElapsedTime(started) >= options.RenewDeadline)
                    {
                        return;
                    }
                }

                ReportLeader();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    private bool IsHeldByAnother() => Leader is { Length: > 0 } leader && leader != options.Identity;

    /// <summary>One attempt to take or renew the lease; failures are logged. A hung request leaves time for another attempt.</summary>
    private async Task<bool> TryOnceAsync(TimeSpan timeLeft, CancellationToken cancellationToken)
    {
        var half = options.RenewDeadline / 2;
        using var timeout = new CancellationTokenSource(timeLeft < half ? timeLeft : half, clock);
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await TryAcquireOrRenewAsync(attempt.Token);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e)
        {
            LogAttemptFailed(e, options.Namespace, options.Name);
            return false;
        }
    }

    private async Task<bool> TryAcquireOrRenewAsync(CancellationToken cancellationToken)
    {
        if (_lease is not null && IsLeader && IsValid())
        {
            try
            {
                return await UpdateAsync(_lease, cancellationToken);
            }
            catch (KubeApiException e)
            {
                LogFastPathFailed(e, options.Namespace, options.Name);
            }
        }

        Lease current;
        try
        {
            current = await client.GetAsync(Resources.Leases, options.Namespace, options.Name, cancellationToken);
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            var lease = new Lease { Metadata = new ObjectMeta { Namespace = options.Namespace, Name = options.Name }, Spec = NextSpec(null) };
            var created = clock.GetTimestamp();
            Observe(await client.CreateAsync(Resources.Leases, lease, cancellationToken), always: true, created);
            return true;
        }

        Observe(current, always: false);
        var holder = current.Spec?.HolderIdentity ?? "";
        return (holder.Length == 0 || holder == options.Identity || !IsValid()) && await UpdateAsync(current, cancellationToken);
    }

    private async Task<bool> UpdateAsync(Lease current, CancellationToken cancellationToken)
    {
        var wanted = current.Clone();
        wanted.Spec = NextSpec(current.Spec);
        var asked = clock.GetTimestamp();
        Observe(await client.UpdateAsync(Resources.Leases, wanted, cancellationToken), always: true, asked);
        return true;
    }

    private LeaseSpec NextSpec(LeaseSpec? current)
    {
        var now = MicroTime.From(clock.GetUtcNow());
        var isMine = current?.HolderIdentity == options.Identity;
        return new LeaseSpec
        {
            HolderIdentity = options.Identity,
            LeaseDurationSeconds = (int)options.LeaseDuration.TotalSeconds,
            AcquireTime = isMine && current!.AcquireTime is { } acquired ? acquired : now,
            RenewTime = now,
            LeaseTransitions = current is null ? 0 : current.LeaseTransitions + (isMine ? 0 : 1),
        };
    }

    /// <summary>The holder's time runs from when this process saw the lease change.</summary>
    /// <param name="askedAt">When the renewal that this answers was sent; null for what was only read.</param>
    private void Observe(Lease lease, bool always, long? askedAt = null)
    {
        lock (_lock)
        {
            if (always || !Equals(_observed, lease.Spec))
            {
                _observed = lease.Spec?.Clone() ?? new LeaseSpec();
                _observedAt = clock.GetTimestamp();
            }

            _lease = lease;
            _askedAt = askedAt ?? _askedAt;
        }
    }

    private bool IsValid()
    {
        lock (_lock)
        {
            return _observed is not null && clock.GetElapsedTime(_observedAt) < TimeSpan.FromSeconds(_observed.LeaseDurationSeconds);
        }
    }

    private async Task ReleaseAsync(TimeSpan ended)
    {
        if (ended > options.ReleaseWithin)
        {
            LogKept(options.Namespace, options.Name, ended.TotalSeconds, options.LeaseDuration);
            return;
        }

        using var timeout = new CancellationTokenSource(options.RenewDeadline, clock);
        try
        {
            var current = await client.GetAsync(Resources.Leases, options.Namespace, options.Name, timeout.Token);
            Observe(current, always: false);
            if (!IsLeader)
            {
                return;
            }

            var now = MicroTime.From(clock.GetUtcNow());
            var released = current.Clone();
            released.Spec = new LeaseSpec { HolderIdentity = "", LeaseDurationSeconds = 1, AcquireTime = now, RenewTime = now, LeaseTransitions = current.Spec.LeaseTransitions };
            Observe(await client.UpdateAsync(Resources.Leases, released, timeout.Token), always: true);
            LogReleased(options.Namespace, options.Name);
        }
        catch (Exception e)
        {
            LogReleaseFailed(e, options.Namespace, options.Name, options.LeaseDuration);
        }
    }

    private void SetLeading(bool value)
    {
        lock (_lock)
        {
            _isLeading = value;
        }
    }

    private void ReportLeader()
    {
        var leader = Leader;
        if (leader != _reportedLeader)
        {
            _reportedLeader = leader;
            LeaderChanged?.Invoke(leader);
        }
    }

    private void RecordEvent(string what)
    {
        if (_lease is { } lease)
        {
            events?.Record(lease.ToReference(), EventType.Normal, "LeaderElection", $"{options.Identity} {what}");
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Waiting for the lease {Namespace}/{Name} as {Identity}")]
    private partial void LogWaiting(string @namespace, string name, string identity);

    [LoggerMessage(2, LogLevel.Information, "Leading: the lease {Namespace}/{Name} is held by {Identity}")]
    private partial void LogAcquired(string @namespace, string name, string identity);

    [LoggerMessage(3, LogLevel.Error, "Lost the lease {Namespace}/{Name}: it was not renewed within {RenewDeadline}, or another holds it")]
    private partial void LogLost(string @namespace, string name, TimeSpan renewDeadline);

    [LoggerMessage(4, LogLevel.Warning, "Taking or renewing the lease {Namespace}/{Name} failed; will try again")]
    private partial void LogAttemptFailed(Exception exception, string @namespace, string name);

    [LoggerMessage(5, LogLevel.Debug, "Renewing the lease {Namespace}/{Name} from memory failed; reading it anew")]
    private partial void LogFastPathFailed(Exception exception, string @namespace, string name);

    [LoggerMessage(6, LogLevel.Information, "Gave up the lease {Namespace}/{Name}")]
    private partial void LogReleased(string @namespace, string name);

    [LoggerMessage(8, LogLevel.Warning, "The lease {Namespace}/{Name} is not given up, because the work took {Seconds:0.0} s to end and may have left something unanswered; it runs out after {LeaseDuration}")]
    private partial void LogKept(string @namespace, string name, double seconds, TimeSpan leaseDuration);

    [LoggerMessage(7, LogLevel.Warning, "Giving up the lease {Namespace}/{Name} failed; another can lead when it has run out, after {LeaseDuration}")]
    private partial void LogReleaseFailed(Exception exception, string @namespace, string name, TimeSpan leaseDuration);
}
