using NodeAgent.KubeApi.Events;

namespace NodeAgent.Kubelet.Probes;

/// <summary>The probes of one container instance, running from construction on until stopped.</summary>
internal sealed class InstanceProbes : IDisposable
{
    private readonly CancellationTokenSource _all = new();
    private readonly CancellationTokenSource _killers = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<ProbeLoop> _loops = [];
    private readonly bool _alreadyStarted;
    private readonly Action _ended;

    public InstanceProbes(ProbeTarget target, Prober prober, IEventRecorder events, ProbePacing pacing, TimeProvider time, Action changed, bool alreadyStarted)
    {
        _ended = () => pacing.Observer?.OnEnd(target);
        _alreadyStarted = alreadyStarted && target.Container.StartupProbe is not null;
        if (target.Container.StartupProbe is null || _alreadyStarted)
        {
            _started.SetResult();
        }
        else
        {
            Run(ProbeKind.Startup, target.Container.StartupProbe, Task.CompletedTask);
        }

        if (target.Container.ReadinessProbe is { } readiness)
        {
            Run(ProbeKind.Readiness, readiness, _started.Task);
        }

        if (target.Container.LivenessProbe is { } liveness)
        {
            Run(ProbeKind.Liveness, liveness, _started.Task);
        }

        void Run(ProbeKind kind, Probe probe, Task gate)
        {
            var loop = new ProbeLoop(kind, target, probe, prober, events, time, pacing.Observer);
            _loops.Add(loop);
            var token = kind == ProbeKind.Readiness ? _all.Token : _killers.Token;
            _ = RunAsync(loop, pacing.FirstDelay(target, probe), gate, changed, token);
        }
    }

    public ProbeVerdict Verdict => new(
        _alreadyStarted ? ProbeOutcome.Success : Of(ProbeKind.Startup),
        Of(ProbeKind.Readiness),
        Of(ProbeKind.Liveness));

    public void KeepOnlyReadiness() => _killers.Cancel();

    public void Dispose()
    {
        _killers.Cancel();
        _all.Cancel();
        _killers.Dispose();
        _all.Dispose();
        _ended();
    }

    private ProbeOutcome? Of(ProbeKind kind) => _loops.Find(l => l.Kind == kind)?.Outcome is { } outcome and not ProbeOutcome.Unknown ? outcome : null;

    private async Task RunAsync(ProbeLoop loop, TimeSpan firstDelay, Task gate, Action changed, CancellationToken cancellationToken)
    {
        // Off the caller's thread: the first run begins at once, but must not hold up the pod's worker.
        await Task.Yield();
        try
        {
            await loop.RunAsync(firstDelay, gate, () => Changed(loop, changed), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The instance is gone or its pod is being ended.
        }
    }

    private void Changed(ProbeLoop loop, Action changed)
    {
        if (loop is { Kind: ProbeKind.Startup, Outcome: ProbeOutcome.Success })
        {
            _started.TrySetResult();
        }

        changed();
    }
}
