using NodeAgent.KubeApi.Events;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Probes;

/// <summary>
/// One probe of one container instance, from its start until the instance is gone. Holds no thread: between two runs there
/// is one timer.
/// </summary>
/// <remarks>
/// <code>
/// initial delay -> (startup probe of the container has succeeded) -> run -> period -> run -> ...
/// </code>
/// While the container has never been ready (or started), a network probe is also tried in between, after 50 ms, 100 ms and
/// so on up to the period: such early tries can only succeed, a failure of theirs neither counts nor is told.
/// </remarks>
internal sealed class ProbeLoop(ProbeKind kind, ProbeTarget target, Probe probe, Prober prober, IEventRecorder events, TimeProvider time, IProbeObserver? observer = null)
{
    private static readonly TimeSpan FirstEarlyTry = TimeSpan.FromMilliseconds(50);

    private int _inARow;
    private bool? _last;

    public ProbeKind Kind => kind;

    /// <summary>What has been established so far.</summary>
    public ProbeOutcome Outcome { get; private set; } = ProbeOutcome.Unknown;

    private TimeSpan Period => TimeSpan.FromSeconds(probe.PeriodSeconds > 0 ? probe.PeriodSeconds : 10);

    /// <param name="firstDelay">Waited before the first run, so that a restarted kubelet does not run all probes at once.</param>
    /// <param name="gate">Completes when the container has started, which readiness and liveness probes wait for.</param>
    /// <param name="changed">Called when <see cref="Outcome"/> changes.</param>
    public async Task RunAsync(TimeSpan firstDelay, Task gate, Action changed, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        var initial = target.StartedAt + TimeSpan.FromSeconds(probe.InitialDelaySeconds) - time.GetUtcNow();
        if (initial < firstDelay)
        {
            initial = firstDelay;
        }

        if (initial > TimeSpan.Zero)
        {
            await Task.Delay(initial, time, cancellationToken);
        }

        if (kind != ProbeKind.Liveness && probe.Handler.Exec is null && await TryEarlyAsync(cancellationToken))
        {
            Note(true);
            changed();
        }
        else
        {
            await RunOnceAsync(changed, cancellationToken);
        }

        while (!IsSettled)
        {
            await Task.Delay(Period, time, cancellationToken);
            await RunOnceAsync(changed, cancellationToken);
        }
    }

    /// <summary>A startup probe that succeeded, and any probe whose failure kills the container, has nothing more to say of this instance.</summary>
    private bool IsSettled => kind switch
    {
        ProbeKind.Startup => Outcome != ProbeOutcome.Unknown,
        ProbeKind.Liveness => Outcome == ProbeOutcome.Failure,
        _ => false,
    };

    private async Task<bool> TryEarlyAsync(CancellationToken cancellationToken)
    {
        if (probe.SuccessThreshold > 1)
        {
            return false;
        }

        var end = time.GetUtcNow() + Period;
        for (var pause = FirstEarlyTry; ; pause *= 2)
        {
            var start = time.GetTimestamp();
            if (await prober.RunAsync(target, probe, cancellationToken) is { Succeeded: true } run)
            {
                observer?.OnRun(kind, target, run, time.GetElapsedTime(start));
                return true;
            }

            if (time.GetUtcNow() + pause >= end)
            {
                return false;
            }

            await Task.Delay(pause, time, cancellationToken);
        }
    }

    private async Task RunOnceAsync(Action changed, CancellationToken cancellationToken)
    {
        const int Tries = 3;
        var before = Outcome;
        var start = time.GetTimestamp();
        var run = await prober.RunAsync(target, probe, cancellationToken);
        for (var i = 1; i < Tries && run.Errored; i++)
        {
            run = await prober.RunAsync(target, probe, cancellationToken);
        }

        Tell(run);
        if (run.Errored)
        {
            // It says nothing of the container: the engine may be away, and no container is to be killed for that.
            return;
        }

        observer?.OnRun(kind, target, run, time.GetElapsedTime(start));
        Note(run.Succeeded);
        if (Outcome != before)
        {
            changed();
        }
    }

    private void Note(bool succeeded)
    {
        _inARow = _last == succeeded ? _inARow + 1 : 1;
        _last = succeeded;
        var threshold = succeeded ? probe.SuccessThreshold : probe.FailureThreshold > 0 ? probe.FailureThreshold : 3;
        if (_inARow >= Math.Max(threshold, 1))
        {
            Outcome = succeeded ? ProbeOutcome.Success : ProbeOutcome.Failure;
        }
    }

    private void Tell(ProbeRun run)
    {
        if (run is { Succeeded: true, Warning: false })
        {
            return;
        }

        var (reason, message) = run switch
        {
            { Succeeded: true } => ("ProbeWarning", $"{kind} probe warning: {run.Output}"),
            { Errored: true } => ("Unhealthy", $"{kind} probe errored and resulted in failure state: {run.Output}"),
            _ => ("Unhealthy", $"{kind} probe failed: {run.Output}"),
        };
        events.Record(target.Pod.Reference(target.Container, target.Kind), EventType.Warning, reason, message);
    }
}
