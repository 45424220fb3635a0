using Microsoft.Extensions.Logging;
using NodeAgent.ContainerRuntime;
using NodeAgent.KubeApi.Events;
using NodeAgent.Kubelet.Metrics;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Statuses;
using NodeAgent.Kubelet.Pods.Workers;
using NodeAgent.Kubelet.Stats;

namespace NodeAgent.Kubelet.Eviction;

/// <summary>
/// Watches what the node is short of: tells it by node conditions, removes what nobody uses, and ends one pod at a time until
/// there is enough again.
/// </summary>
/// <param name="deleteUnused">Removes from the engine what nobody uses.</param>
internal sealed partial class EvictionManager(
    EvictionOptions options, NodeObserver observer, IUsageSource usage, DiskUsage disk, NodePressure pressure, PodManager pods, Func<CancellationToken, Task> deleteUnused, Func<ObjectReference> node, IEventRecorder events, PodMetrics metrics, TimeProvider time, ILogger<EvictionManager> logger)
{
    /// <summary>What pods get when something is short at once.</summary>
    private static readonly TimeSpan ImmediateGrace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FullLook = TimeSpan.FromSeconds(10);

    /// <summary>Memory can be gone within seconds, and reading how much is left costs one small file.</summary>
    private static readonly TimeSpan QuickLook = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CleanupPatience = TimeSpan.FromSeconds(30);

    private PressureState _state = PressureState.None;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                if (await LookAsync(cancellationToken) is { } evicted)
                {
                    await Task.WhenAny(evicted.GivenBack, Task.Delay(CleanupPatience, time, cancellationToken));
                    continue;
                }
            }
            catch (Exception e) when (e is IOException or RuntimeException)
            {
                LogFailed(e.Message);
            }

            await WaitAsync(cancellationToken);
        }
    }

    /// <returns>The pod that is being evicted; null when none has to be.</returns>
    internal async Task<PodWorker?> LookAsync(CancellationToken cancellationToken)
    {
        var looked = time.GetTimestamp();
        var observations = await observer.ObserveAsync(cancellationToken);
        _state = _state.Next(options.Thresholds, observations, options.Transition, time.GetUtcNow());
        pressure.Set(_state.Conditions);
        if (await EvictForOwnLimitsAsync(cancellationToken) is { } greedy)
        {
            return greedy;
        }

        if (_state.Acting is not [var threshold, ..])
        {
            return null;
        }

        var resource = EvictionSignals.ResourceOf(threshold.Signal);
        LogReclaiming(threshold.Signal, observations[threshold.Signal].Available);
        events.Record(node(), EventType.Warning, "EvictionThresholdMet", $"Attempting to reclaim {resource}");
        if (EvictionSignals.IsDisk(threshold.Signal) && await ReclaimAsync(cancellationToken))
        {
            return null;
        }

        var active = Active();
        var ranked = EvictionRanking.Rank(threshold.Signal, await MeasureAsync(active, EvictionSignals.IsDisk(threshold.Signal), cancellationToken));
        foreach (var candidate in ranked.Where(c => !c.Pod.IsCritical()))
        {
            if (active.FirstOrDefault(w => w.Uid == candidate.Pod.Uid()) is { } worker)
            {
                metrics.Evicted(threshold.Signal, time.GetElapsedTime(looked));
                Evict(worker, threshold.IsHard ? ImmediateGrace : SoftGrace(worker.Pod), EvictionMessage.For(candidate, threshold, observations[threshold.Signal]));
                return worker;
            }
        }

        LogNobody(threshold.Signal);
        return null;
    }

    private async Task<PodWorker?> EvictForOwnLimitsAsync(CancellationToken cancellationToken)
    {
        var limited = Active().Where(w => LocalStorageLimits.HasAny(w.Pod)).ToList();
        if (limited.Count == 0)
        {
            return null;
        }

        var looked = time.GetTimestamp();
        var files = await disk.MeasureAsync(limited, cancellationToken);
        foreach (var worker in limited)
        {
            if (LocalStorageLimits.Exceeded(worker.Pod, files[worker.Uid]) is { } excess)
            {
                metrics.Evicted(excess.Signal, time.GetElapsedTime(looked));
                Evict(worker, ImmediateGrace, excess.Message);
                return worker;
            }
        }

        return null;
    }

    private async Task<IEnumerable<PodUse>> MeasureAsync(IReadOnlyCollection<PodWorker> workers, bool withDisk, CancellationToken cancellationToken)
    {
        var files = withDisk ? await disk.MeasureAsync(workers, cancellationToken) : null;
        var running = usage.Collect(UsageDetail.Summary).Pods.ToDictionary(p => p.Pod.Uid());
        return workers.Select(w => PodUse.Of(w.Pod, running.GetValueOrDefault(w.Uid), files?[w.Uid]));
    }

    /// <returns>Whether no threshold is met any more.</returns>
    private async Task<bool> ReclaimAsync(CancellationToken cancellationToken)
    {
        await deleteUnused(cancellationToken);
        var observations = await observer.ObserveAsync(cancellationToken);
        return !options.Thresholds.Any(t => t.IsMet(observations, withReclaim: true));
    }

    private void Evict(PodWorker worker, TimeSpan grace, string message)
    {
        const string Reason = "Evicted";
        LogEvicting(worker.Pod.Describe(), message);
        events.Record(worker.Pod.Reference(), EventType.Warning, Reason, message);
        var disruption = PodConditions.Make(PodConditions.DisruptionTarget, true, "TerminationByKubelet", message);
        worker.Mailbox.PostKill(new KillRequest(grace, new Verdict(Reason, message), disruption));
    }

    private List<PodWorker> Active() => [.. pods.Workers.Where(w => !w.IsDone && w.Mailbox.Kill is null)];

    private TimeSpan SoftGrace(Pod pod)
    {
        var own = TimeSpan.FromSeconds(pod.Spec.HasTerminationGracePeriodSeconds ? pod.Spec.TerminationGracePeriodSeconds : 30);
        return own < options.LongestSoftGrace ? own : options.LongestSoftGrace;
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        var hard = options.Thresholds.Where(t => t.Signal == EvictionSignals.Memory).ToList();
        for (var waited = TimeSpan.Zero; waited < FullLook; waited += QuickLook)
        {
            await Task.Delay(QuickLook, time, cancellationToken);
            if (hard.Count > 0 && _state.Acting.IsEmpty && hard.Any(t => t.IsHard && t.IsMet(NodeObserver.MemoryOnly(), withReclaim: false)))
            {
                return;
            }
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Looking for what the node is short of failed and is tried again: {Error}")]
    private partial void LogFailed(string error);

    [LoggerMessage(2, LogLevel.Warning, "The node is short of {Signal}: {Available} left")]
    private partial void LogReclaiming(string signal, long available);

    [LoggerMessage(3, LogLevel.Warning, "Evicting pod {Pod}: {Message}")]
    private partial void LogEvicting(string pod, string message);

    [LoggerMessage(4, LogLevel.Warning, "The node is short of {Signal} and there is no pod that could be evicted")]
    private partial void LogNobody(string signal);
}
