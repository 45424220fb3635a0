using Microsoft.Extensions.Logging;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Statuses;
using NodeAgent.Kubelet.Pods.Workers;

namespace NodeAgent.Kubelet.Shutdown;

/// <summary>When the host shuts down: holds it back, ends the pods group by group, and lets it go.</summary>
internal sealed partial class NodeShutdown(ShutdownPlan plan, ILogind logind, PodManager pods, ShutdownState state, ShutdownTimes times, TimeProvider time, ILogger<NodeShutdown> logger)
{
    private const string Message = "Pod was terminated in response to imminent node shutdown.";
    private static readonly TimeSpan ListenAgainAfter = TimeSpan.FromSeconds(5);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (plan.Total == TimeSpan.Zero)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
            return;
        }

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
            await logind.RaiseMaxDelayAsync(plan.Total, cancellationToken);
            delay = await logind.ReadMaxDelayAsync(cancellationToken);
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
                state.Set(begins);
                if (begins)
                {
                    await EndPodsAsync(cancellationToken);
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

    internal async Task EndPodsAsync(CancellationToken cancellationToken)
    {
        times.Begin();
        var workers = pods.Workers.Where(w => !w.IsDone).ToDictionary(w => w.Uid);
        foreach (var group in plan.Divide([.. workers.Values.Select(w => w.Pod)]))
        {
            LogGroup(group.Pods.Count, group.Priority, group.Period);
            foreach (var pod in group.Pods)
            {
                var disruption = PodConditions.Make(PodConditions.DisruptionTarget, true, "TerminationByKubelet", Message);
                workers[pod.Uid()].Mailbox.PostKill(new KillRequest(ShutdownPlan.GraceOf(pod, group), new Verdict("Terminated", Message), disruption));
            }

            var ended = Task.WhenAll(group.Pods.Select(p => workers[p.Uid()].Ended));
            if (await Task.WhenAny(ended, Task.Delay(group.Period, time, cancellationToken)) != ended)
            {
                LogGroupLate(group.Priority, group.Period);
            }
        }

        times.End();
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

    [LoggerMessage(6, LogLevel.Warning, "Pods of priority {Priority} and above have not ended within {Period}: the shutdown goes on")]
    private partial void LogGroupLate(int priority, TimeSpan period);
}
