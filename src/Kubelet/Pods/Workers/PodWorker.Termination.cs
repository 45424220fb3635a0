using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Events;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>The end of a pod's life.</summary>
internal sealed partial class PodWorker
{
    private bool _released;
    private bool _deleted;

    private TimeSpan Grace(Pod pod)
    {
        var own = pod.Metadata.DeletionTimestamp is not null && pod.Metadata.HasDeletionGracePeriodSeconds
            ? pod.Metadata.DeletionGracePeriodSeconds
            : pod.Spec.HasTerminationGracePeriodSeconds ? pod.Spec.TerminationGracePeriodSeconds : 30;
        var grace = TimeSpan.FromSeconds(Math.Max(own, 1));
        return _mailbox.Kill?.Grace is { } asked && asked < grace ? asked : grace;
    }

    private async Task TerminateAsync(CancellationToken cancellationToken)
    {
        _clock ??= new GraceClock(Grace(Pod), Time);
        await ObserveAsync(cancellationToken);
        Publish(isTerminated: false);
        if (!_observed.IsDown)
        {
            var kill = Undertakings.WatchAsync("ending its containers", _clock.Remaining + EndExpected, () => _context.Runtime.KillAllAsync(Pod, _observed, _clock, cancellationToken));
            while (!kill.IsCompleted)
            {
                // While the containers end: a shorter grace period cuts in, readiness and ends are told as they happen.
                using var kept = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                var news = _mailbox.WaitAsync(LookAnyway, Time, kept.Token);
                if (await Task.WhenAny(kill, news) == kill)
                {
                    await kept.CancelAsync();
                    await news.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                    break;
                }

                _clock.Shorten(Grace(Pod));
                await ObserveAsync(cancellationToken);
                Publish(isTerminated: false);
            }

            await TellFailureAsync(kill);
            await ObserveAsync(cancellationToken);
            if (_observed.HasRunningContainers)
            {
                throw new InvalidOperationException("a container still runs after it was stopped");
            }
        }

        await Undertakings.WatchAsync("giving back its resource claims", ReleaseExpected, () => _context.Runtime.UnprepareClaimsAsync(Pod, cancellationToken));

        // The containers are dead and stay so. What is left, the network and the folders, goes while the status is told.
        _probes.StopAll();
        var stop = Undertakings.WatchAsync("stopping its sandbox", ObserveExpected, () => _context.Runtime.StopSandboxesAsync(_observed, cancellationToken));
        Volatile.Write(ref _observed, _observed with { Sandboxes = [.. _observed.Sandboxes.Select(s => s with { IsReady = false })] });
        Publish(isTerminated: true);
        await TellFailureAsync(stop);
        Phase = PodWorkerPhase.Terminated;
        _ended.TrySetResult();
    }

    private async Task TellFailureAsync(Task kill)
    {
        try
        {
            await kill;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _context.Events.Record(Pod.Reference(), EventType.Warning, "FailedKillPod", $"error killing pod: {e.Message}");
            throw;
        }
    }

    private async Task<TimeSpan> FinishAsync(CancellationToken cancellationToken)
    {
        var pod = Pod;
        if (!_released)
        {
            await Undertakings.WatchAsync("taking down its volumes and its cgroup", ReleaseExpected, () => _context.Runtime.ReleaseAsync(pod, cancellationToken));
            _released = true;
            _givenBack.TrySetResult();
        }

        await _context.Statuses.FlushAsync(Uid, cancellationToken);
        if (!_deleted && !_mailbox.IsRemoved && pod.Metadata.DeletionTimestamp is not null && !pod.IsStatic() && _context.Client is { } client)
        {
            await DeleteAsync(client, pod, cancellationToken);
            _deleted = true;
        }

        if (!_mailbox.IsRemoved)
        {
            return LookAnyway;
        }

        await ObserveAsync(cancellationToken);
        await _context.Runtime.RemoveAsync(_observed.Containers.Select(c => c.Id), _observed.Sandboxes.Select(s => s.Id), cancellationToken);
        _context.Runtime.RemoveLogs(pod, _observed);
        _context.Statuses.Forget(Uid);
        Phase = PodWorkerPhase.Finished;
        return TimeSpan.Zero;
    }

    private static async Task DeleteAsync(IKubeClient client, Pod pod, CancellationToken cancellationToken)
    {
        try
        {
            await client.DeleteAsync(KubeApi.Resources.Pods, pod.Metadata.Namespace, pod.Metadata.Name, new DeleteRequest(TimeSpan.Zero, pod.Metadata.Uid), cancellationToken);
        }
        catch (KubeApiException e) when (e.IsNotFound || e.IsConflict)
        {
            // Gone already, or another pod has the name.
        }
    }
}
