using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Events;
using NodeAgent.Kubelet.Images;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Planning;
using NodeAgent.Kubelet.Pods.Statuses;
using NodeAgent.Kubelet.Volumes;

namespace NodeAgent.Kubelet.Pods.Workers;

/// <content>Carrying out a plan: what is killed first, what is started, and when a start that failed is made again.</content>
internal sealed partial class PodWorker
{
    private static readonly TimeSpan StartRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SandboxExpected = TimeSpan.FromMinutes(1);

    /// <summary>By the container's name; each is of one image and set of resources.</summary>
    private readonly Dictionary<string, (StartFailure Failure, DateTimeOffset RetryAt, string Of)> _failures = [];
    private ImmutableDictionary<string, BackOff> _backOffs = ImmutableDictionary<string, BackOff>.Empty;

    private async Task ExecuteAsync(Pod pod, PodPlan plan, CancellationToken cancellationToken)
    {
        if (!plan.Reset.IsEmpty)
        {
            LogRestartingAll(pod.Describe(), plan.Reset.Last().Spec.Name);
            await _context.Runtime.ResetAsync(pod, plan.Reset, cancellationToken);
            _failures.Clear();
            return;
        }

        if (plan.KillPod)
        {
            _context.Events.Record(pod.Reference(), EventType.Normal, "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
            using var clock = new GraceClock(TimeSpan.FromSeconds(pod.Spec.TerminationGracePeriodSeconds), Time);
            await Undertakings.WatchAsync("ending its containers", clock.Remaining + EndExpected, () => _context.Runtime.KillAllAsync(pod, _observed, clock, cancellationToken));
            await Undertakings.WatchAsync("stopping its sandbox", ObserveExpected, () => _context.Runtime.StopSandboxesAsync(_observed, cancellationToken));
        }

        await Task.WhenAll(plan.Kill.Select(k => _context.Runtime.KillAsync(pod, k, cancellationToken)));
        if (plan.NewSandbox is not null || !plan.Start.IsEmpty)
        {
            // What the volumes hold does not depend on the sandbox but for the pod's own address, which comes with the next look.
            var volumes = SetUpVolumesAsync(pod, cancellationToken);
            if (plan.NewSandbox is { } change)
            {
                var sandbox = Undertakings.WatchAsync("making its sandbox", SandboxExpected, () => _context.Metrics.StartAsync(pod, () => _context.Runtime.CreateSandboxAsync(pod, change.Attempt, cancellationToken)));
                await Task.WhenAll(volumes, sandbox);
                await ObserveAsync(cancellationToken);
                Publish(isTerminated: false);
            }

            var ready = await volumes;
            var failed = false;
            foreach (var start in plan.Start.Select(s => AfterKill(s, plan)).OfType<ContainerStart>())
            {
                if (!await TryStartAsync(pod, start, ready, cancellationToken))
                {
                    failed = true;
                    if (start.Kind is ContainerKind.Init or ContainerKind.Sidecar)
                    {
                        break;
                    }
                }
            }

            if (failed && plan.NewSandbox is not null)
            {
                _context.Metrics.FirstStartFailed(pod);
            }
        }

        await _context.Runtime.RemoveOldAsync(pod, _observed, plan, cancellationToken);
    }

    /// <summary>
    /// A container that a probe has just killed counts as one that has failed now: the first time it starts at once, later
    /// (null) the next step finds its end and waits for the back-off.
    /// </summary>
    private ContainerStart? AfterKill(ContainerStart start, PodPlan plan)
    {
        if (start.FailedAt is not null || !plan.Kill.Any(k => k.Spec.Name == start.Spec.Name && k.Reason != KillReason.Other))
        {
            return start;
        }

        return _backOffs.ContainsKey(start.Spec.BackOffKey()) ? null : start with { FailedAt = Time.GetUtcNow() };
    }

    private async Task<bool> TryStartAsync(Pod pod, ContainerStart start, ReadyVolumes volumes, CancellationToken cancellationToken)
    {
        var name = start.Spec.Name;
        try
        {
            if (start.FailedAt is { } failedAt)
            {
                BackOff? before = _backOffs.TryGetValue(start.Spec.BackOffKey(), out var known) ? known : null;
                _backOffs = _backOffs.SetItem(start.Spec.BackOffKey(), BackOff.Next(before, failedAt, Time.GetUtcNow(), _context.Planner.CrashBackOff));
            }

            _context.Metrics.Starting(start.Kind);
            await _context.Runtime.StartAsync(pod, start, _observed, volumes, cancellationToken);
            _context.Metrics.ImageVolumes.Started(pod, start.Spec, error: null);
            _failures.Remove(name);
            return true;
        }
        catch (StartException e)
        {
            LogStartFailed(name, pod.Describe(), e.Reason, e.Message);
            _context.Metrics.StartFailed(start.Kind, e.Reason);
            _context.Metrics.ImageVolumes.Started(pod, start.Spec, e.Message);
            _failures[name] = (new StartFailure(e.Reason, e.Message), Retry(e), start.Spec.BackOffKey());
            return false;
        }
    }

    private DateTimeOffset Retry(StartException failure)
    {
        var soon = Time.GetUtcNow() + StartRetry;

        // The step after a failed pull says ImagePullBackOff; so it is taken before the back-off is over.
        return failure.RetryAt is { } at && failure.Reason != WaitingReasons.ErrImagePull ? at : soon;
    }

    private void NoteWaiting(Pod pod, PodPlan plan)
    {
        foreach (var waiting in plan.Waiting)
        {
            var message = $"back-off {GoDuration(waiting.BackOff)} restarting failed container={waiting.Spec.Name} pod={pod.Describe()}";
            var failure = new StartFailure(WaitingReasons.CrashLoopBackOff, message);
            if (!_failures.TryGetValue(waiting.Spec.Name, out var before) || before.Failure != failure)
            {
                _context.Events.Record(pod.Reference(waiting.Spec, waiting.Kind), EventType.Warning, "BackOff", $"Back-off restarting failed container {waiting.Spec.Name} in pod {pod.Describe()}");
            }

            _failures[waiting.Spec.Name] = (failure, waiting.Until, waiting.Spec.BackOffKey());
        }
    }

    /// <summary>As upstream writes durations: 10s, 2m40s, 5m0s.</summary>
    internal static string GoDuration(TimeSpan duration) => duration.TotalSeconds < 60 ? $"{duration.TotalSeconds:0}s" : $"{(int)duration.TotalMinutes}m{duration.Seconds}s";

    [LoggerMessage(12, LogLevel.Information, "Pod {Pod} starts all of its containers anew: container {Container} ended with an exit code for which its restart rules say so")]
    private partial void LogRestartingAll(string pod, string container);

    [LoggerMessage(11, LogLevel.Warning, "Container {Container} of pod {Pod} does not start: {Reason}: {Error}")]
    private partial void LogStartFailed(string container, string pod, string reason, string error);
}
