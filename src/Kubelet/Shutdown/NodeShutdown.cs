using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Events;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Statuses;
using NodeAgent.Kubelet.Pods.Workers;

namespace NodeAgent.Kubelet.Shutdown;

/// <summary>When the host shuts down: holds it back, ends the pods group by group, and lets it go.</summary>
/// <param name="flush">Completes when the API server has a pod's last status.</param>
internal sealed partial class NodeShutdown(
    ShutdownPlan plan, ILogind logind, PodManager pods, Func<PodUid, CancellationToken, Task> flush, ShutdownState state, ShutdownRecord record, Func<ObjectReference> node, IEventRecorder events, TimeProvider time, ILogger<NodeShutdown> logger)
{
    private const string Event = "Shutdown";
    private const int MostReads = 5;
    private static readonly TimeSpan FirstRead = TimeSpan.FromMilliseconds(100);

    private const string Message = "Pod was terminated in response to imminent node shutdown.";
    private static readonly TimeSpan ListenAgainAfter = TimeSpan.FromSeconds(5);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (plan.Total == TimeSpan.Zero)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
            return;
        }

        LoadRecord();
        while (true)
        {
            try
            {
                await WatchAsync(cancellationToken);
            }
            catch (IOException e)
            {
                LogNoLogind(e.Message);
            }

            await Task.Delay(ListenAgainAfter, time, cancellationToken);
        }
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        var delay = await logind.ReadMaxDelayAsync(cancellationToken);
        if (delay < plan.Total)
        {
            delay = await RaiseAsync(cancellationToken);
            if (delay < plan.Total)
            {
                LogTooShort(plan.Total, delay);
            }
        }

        var held = logind.Inhibit();
        try
        {
            LogWatching(plan.Total);
            await foreach (var begins in logind.ShutdownsAsync(cancellationToken))
            {
                events.Record(node(), EventType.Normal, Event, begins ? "Shutdown manager detected shutdown event" : "Shutdown manager detected shutdown cancellation");
                state.Set(begins);
                if (begins)
                {
                    await ShutDownAsync(cancellationToken);
                    held.Dispose();
                }
                else
                {
                    LogCalledOff();
                    held.Dispose();
                    held = logind.Inhibit();
                }
            }
        }
        finally
        {
            held.Dispose();
        }
    }

    /// <summary>logind reads its configuration again some time after it is asked to.</summary>
    private async Task<TimeSpan> RaiseAsync(CancellationToken cancellationToken)
    {
        await logind.RaiseMaxDelayAsync(plan.Total, cancellationToken);
        var delay = TimeSpan.Zero;
        for (var (reads, wait) = (0, FirstRead); reads < MostReads && delay < plan.Total; reads++, wait *= 2)
        {
            await Task.Delay(wait, time, cancellationToken);
            delay = await logind.ReadMaxDelayAsync(cancellationToken);
        }

        return delay;
    }

    private async Task ShutDownAsync(CancellationToken cancellationToken)
    {
        var began = time.GetUtcNow();
        Record(() => record.Began(began));
        await EndPodsAsync(cancellationToken);
        Record(() => record.Ended(began, time.GetUtcNow()));
    }

    private void LoadRecord() => Record(record.Load);

    private void Record(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            LogNoRecord(e.Message);
        }
    }

    internal async Task EndPodsAsync(CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var workers = pods.Workers.Where(w => !w.IsDone).ToDictionary(w => w.Uid);
        List<Task> all = [];
        foreach (var group in plan.Divide([.. workers.Values.Select(w => w.Pod)]))
        {
            LogGroup(group.Pods.Count, group.Priority, group.Period);
            var ended = group.Pods.Select(p => EndAsync(workers[p.Uid()], ShutdownPlan.GraceOf(p, group), cancellationToken)).ToList();
            all.AddRange(ended);
            if (!await WithinAsync(ended, group.Period, cancellationToken))
            {
                LogGroupLate(group.Priority, group.Period);
            }
        }

        // Who was late is killed by now: that is to be told before the network goes, if there is time left.
        await WithinAsync(all, plan.Total - time.GetElapsedTime(began), cancellationToken);
    }

    private async Task EndAsync(PodWorker worker, TimeSpan grace, CancellationToken cancellationToken)
    {
        var disruption = PodConditions.Make(PodConditions.DisruptionTarget, true, "TerminationByKubelet", Message);
        worker.Mailbox.PostKill(new KillRequest(grace, new Verdict("Terminated", Message), disruption));

        // Volumes too: what takes them down may be a pod of the next group.
        await worker.GivenBack;
        await flush(worker.Uid, cancellationToken);
    }

    private async Task<bool> WithinAsync(IReadOnlyList<Task> tasks, TimeSpan limit, CancellationToken cancellationToken)
    {
        var all = Task.WhenAll(tasks);
        return all.IsCompleted || (limit > TimeSpan.Zero && await Task.WhenAny(all, Task.Delay(limit, time, cancellationToken)) == all);
    }

    [LoggerMessage(1, LogLevel.Warning, "Shutdowns of the host are not waited for, logind cannot be used: {Error}")]
    private partial void LogNoLogind(string error);

    [LoggerMessage(2, LogLevel.Warning, "Pods are given {Wanted} at a shutdown, but logind waits for {Given} only: raise InhibitDelayMaxSec")]
    private partial void LogTooShort(TimeSpan wanted, TimeSpan given);

    [LoggerMessage(3, LogLevel.Information, "A shutdown of the host is held back for up to {Period} while pods end")]
    private partial void LogWatching(TimeSpan period);

    [LoggerMessage(4, LogLevel.Information, "The shutdown of the host was called off")]
    private partial void LogCalledOff();

    [LoggerMessage(5, LogLevel.Information, "The host shuts down: ending {Count} pods of priority {Priority} and above within {Period}")]
    private partial void LogGroup(int count, int priority, TimeSpan period);

    [LoggerMessage(7, LogLevel.Warning, "The time of the host's shutdown cannot be kept in the kubelet's folder: {Error}")]
    private partial void LogNoRecord(string error);

    [LoggerMessage(6, LogLevel.Warning, "Pods of priority {Priority} and above have not ended within {Period}: the shutdown goes on")]
    private partial void LogGroupLate(int priority, TimeSpan period);
}
