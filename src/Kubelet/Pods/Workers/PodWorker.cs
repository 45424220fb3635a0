using Microsoft.Extensions.Logging;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Planning;
using NodeAgent.Kubelet.Pods.Statuses;
using NodeAgent.Kubelet.Probes;
using NodeAgent.Kubelet.Volumes;

namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>Sees one pod through its life. Everything about the pod happens here, one thing after the other.</summary>
/// <remarks>
/// <code>
/// Running  --(deleted, evicted, all containers done, gone from its source)-->  Terminating
/// Terminating  --(containers dead, sandbox stopped)-->  Terminated
/// Terminated  --(volumes down, cgroup gone, status told, API object deleted, gone from its source)-->  Finished
/// </code>
/// A step that fails is tried again with growing pauses; a step of a running pod is cut short when the pod is killed.
/// </remarks>
internal sealed partial class PodWorker : IDisposable
{
    /// <summary>The safety net: how long nothing may be heard before the pod is looked at anyway.</summary>
    private static readonly TimeSpan LookAnyway = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(30);

    private readonly PodWorkerContext _context;
    private readonly ILogger _logger;
    private readonly Mailbox _mailbox;
    private readonly PodProbes _probes;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _givenBack = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ObservedPod _observed = ObservedPod.Nothing;
    private GraceClock? _clock;

    // How long each may take before it is told that the pod is stuck; the calls and mounts themselves have limits of their own.
    private static readonly TimeSpan ObserveExpected = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan VolumesExpected = TimeSpan.FromSeconds(123);
    private static readonly TimeSpan EndExpected = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ReleaseExpected = TimeSpan.FromMinutes(1);

    public PodWorker(Pod pod, PodWorkerContext context)
    {
        _context = context;
        _logger = context.Logger;
        _mailbox = new Mailbox(pod);
        Uid = pod.Uid();
        Undertakings = new Undertakings(context.Time);
        _probes = new PodProbes(context.Prober, context.Events, context.ProbePacing, context.Time, _mailbox.Wake);
    }

    public PodUid Uid { get; }

    public Pod Pod => _mailbox.Pod;

    public ObservedPod Observed => Volatile.Read(ref _observed);

    public PodWorkerPhase Phase { get; private set; } = PodWorkerPhase.Running;

    /// <summary>Nothing of it runs any more: it holds no resources of the node.</summary>
    public bool IsDone => Phase is PodWorkerPhase.Terminated or PodWorkerPhase.Finished;

    public Mailbox Mailbox => _mailbox;

    /// <summary>What it is in the middle of.</summary>
    public Undertakings Undertakings { get; }

    /// <summary>Completes when nothing of the pod runs any more, or the kubelet stops.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Completes when the dead pod's volumes and cgroup are gone, too, or the kubelet stops.</summary>
    public Task GivenBack => _givenBack.Task;

    private TimeProvider Time => _context.Time;

    /// <summary>Works until the pod is gone, or the kubelet stops, which leaves the pod running.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var made = Time.GetTimestamp();
        await Task.Yield();
        _context.Metrics.WorkerStarted(Pod, Time.GetElapsedTime(made));
        var (retry, isFirst) = (FirstRetry, true);
        while (Phase != PodWorkerPhase.Finished && !cancellationToken.IsCancellationRequested)
        {
            TimeSpan wait;
            try
            {
                var operation = isFirst ? "create" : OperationNow();
                isFirst = false;
                wait = await _context.Metrics.WorkAsync(operation, () => StepAsync(cancellationToken));
                retry = FirstRetry;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                break;
            }
            catch (OperationCanceledException) when (Phase == PodWorkerPhase.Running && _mailbox.Kill is not null)
            {
                continue;
            }
            catch (Exception e)
            {
                LogStepFailed(Pod.Describe(), Phase, e.Message);
                wait = retry;
                retry = retry * 2 < LongestRetry ? retry * 2 : LongestRetry;
            }

            if (wait > TimeSpan.Zero && Phase != PodWorkerPhase.Finished)
            {
                try
                {
                    await _mailbox.WaitAsync(wait, Time, cancellationToken);
                }
                catch (OperationCanceledException)
                {
                    break;
                }
            }
        }

        _probes.StopAll();
        _ended.TrySetResult();
        _givenBack.TrySetResult();
    }

    /// <summary>What upstream's metric calls the next step.</summary>
    private string OperationNow() => Phase switch
    {
        PodWorkerPhase.Running when _mailbox.Kill is null => "sync",
        PodWorkerPhase.Running or PodWorkerPhase.Terminating => "kill",
        _ => "terminated",
    };

    public void Dispose()
    {
        _clock?.Dispose();
        _mailbox.Dispose();
    }

    /// <returns>How long to wait for news before the next step.</returns>
    private async Task<TimeSpan> StepAsync(CancellationToken cancellationToken)
    {
        if (Phase == PodWorkerPhase.Running && _mailbox.Kill is not null)
        {
            Phase = PodWorkerPhase.Terminating;
        }

        switch (Phase)
        {
            case PodWorkerPhase.Running:
                using (var whileRunning = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _mailbox.Killed))
                {
                    return await SyncAsync(whileRunning.Token);
                }

            case PodWorkerPhase.Terminating:
                await TerminateAsync(cancellationToken);
                return TimeSpan.Zero;
            default:
                return await FinishAsync(cancellationToken);
        }
    }

    private async Task<TimeSpan> SyncAsync(CancellationToken cancellationToken)
    {
        var pod = Pod;
        await ObserveAsync(cancellationToken);
        var plan = _context.Planner.Plan(new PlanFacts(pod, _observed, _probes.Verdicts(), _backOffs, Time.GetUtcNow()));
        NoteWaiting(pod, plan);
        var status = Publish(isTerminated: false);
        if (PastDeadline(pod, status) is { } verdict)
        {
            _mailbox.PostKill(new KillRequest(null, verdict));
            return TimeSpan.Zero;
        }

        if (plan.KillPod && plan.NewSandbox is null)
        {
            Phase = PodWorkerPhase.Terminating;
            return TimeSpan.Zero;
        }

        var now = Time.GetUtcNow();
        plan = plan with { Start = [.. plan.Start.Where(s => !_failures.TryGetValue(s.Spec.Name, out var f) || f.RetryAt <= now || f.Of != s.Spec.BackOffKey())] };
        if (!plan.IsNothing)
        {
            await ExecuteAsync(pod, plan, cancellationToken);
            return TimeSpan.Zero;
        }

        if (await ResizeAsync(pod, cancellationToken))
        {
            return TimeSpan.Zero;
        }

        await SetUpVolumesAsync(pod, cancellationToken);
        return UntilNext(pod, plan, status);
    }

    private static DateTimeOffset? DeadlineOf(Pod pod, PodStatus status) =>
        pod.Spec.HasActiveDeadlineSeconds && status.StartTime is { } start ? start.ToDateTimeOffset() + TimeSpan.FromSeconds(pod.Spec.ActiveDeadlineSeconds) : null;

    private Verdict? PastDeadline(Pod pod, PodStatus status) =>
        DeadlineOf(pod, status) is { } deadline && Time.GetUtcNow() >= deadline
            ? new Verdict("DeadlineExceeded", "Pod was active on the node longer than the specified deadline")
            : null;

    private TimeSpan UntilNext(Pod pod, PodPlan plan, PodStatus status)
    {
        var now = Time.GetUtcNow();
        var next = now + LookAnyway;
        foreach (var at in _failures.Values.Select(f => f.RetryAt).Where(r => r > now).Append(plan.LookAgainAt ?? next).Append(DeadlineOf(pod, status) ?? next))
        {
            next = at < next ? at : next;
        }

        var wait = next - now;
        return wait > TimeSpan.FromMilliseconds(1) ? wait : TimeSpan.FromMilliseconds(1);
    }

    private Task<ReadyVolumes> SetUpVolumesAsync(Pod pod, CancellationToken cancellationToken) =>
        Undertakings.WatchAsync("setting up its volumes", VolumesExpected, () => _context.Runtime.SetUpVolumesAsync(pod, _observed, cancellationToken));

    /// <summary>Looks at the runtime, and lets the probes follow.</summary>
    private async Task ObserveAsync(CancellationToken cancellationToken)
    {
        var pod = Pod;
        ObservedPod observed;
        using (_context.Metrics.Looking())
        {
            observed = await Undertakings.WatchAsync("asking the container runtime about it", ObserveExpected, () => _context.Runtime.ObserveAsync(Uid, _observed, cancellationToken));
        }

        Volatile.Write(ref _observed, observed);
        TrackResources(pod);
        foreach (var name in _failures.Keys.Where(n => observed.Latest(n) is { IsRunning: true } && _failures[n].Failure.Reason != WaitingReasons.PostStartHookError).ToList())
        {
            _failures.Remove(name);
        }

        var podIP = observed.CurrentSandbox is { IPs: [var first, ..] } ? first : pod.Spec.HostNetwork ? _context.Node.HostIPs.FirstOrDefault() ?? "" : "";
        List<ProbeTarget> targets = [];
        foreach (var (spec, kind) in pod.AllContainers().Where(c => c.Kind is ContainerKind.Main or ContainerKind.Sidecar))
        {
            if (observed.Latest(spec.Name) is { IsRunning: true } running)
            {
                targets.Add(new ProbeTarget(pod, spec, kind, running.Id, running.StartedAt, podIP));
            }
        }

        var before = _context.Statuses.Get(Uid) ?? pod.Status;
        var started = (before?.ContainerStatuses.Concat(before.InitContainerStatuses) ?? []).Where(s => s.Started).Select(s => s.ContainerID[(s.ContainerID.IndexOf("://", StringComparison.Ordinal) + 3)..]).ToHashSet();
        _probes.Update(targets, started);
        if (Phase != PodWorkerPhase.Running)
        {
            _probes.KeepOnlyReadiness();
        }
    }

    private PodStatus Publish(bool isTerminated)
    {
        var pod = Pod;
        var previous = ForeignConditions.Refresh(_context.Statuses.Get(Uid), pod);
        var resizing = ResizeCondition(pod);
        IsResizing = resizing is not null;
        var status = PodStatusComposer.Compose(new StatusFacts
        {
            Pod = pod,
            Previous = previous,
            Observed = _observed,
            Now = Time.GetUtcNow(),
            Probes = _probes.Verdicts(),
            Failures = _failures.ToDictionary(f => f.Key, f => f.Value.Failure),
            HostIPs = _context.Node.HostIPs,
            IsTerminated = isTerminated,
            FailedBecause = _mailbox.Kill?.Verdict,
            Disruption = _mailbox.Kill?.Disruption,
            IsRejected = _mailbox.Kill is { Rejected: true },
            Actual = _actual,
            ActualOfPod = _actualOfPod,
            Devices = container => _context.Devices.Of(Uid, container),
            RecursiveReadOnly = _observed.CurrentSandbox is { } sandbox ? _context.Runtime.RecursiveReadOnly(sandbox) : null,
            Resize = _mailbox.PendingResize is { } pending ? PodConditions.Make(PodConditions.ResizePending, true, pending.Reason, pending.Message) : null,
            ResizeInProgress = resizing,
        });
        var known = _context.Statuses.Get(Uid);
        if (!status.Equals(known))
        {
            _context.Metrics.StatusChanged(known ?? pod.Status, status);
            _context.Metrics.Starts.PhaseIs(Uid, status.Phase);
            _context.Statuses.Set(Uid, status);
        }

        return status;
    }

    [LoggerMessage(10, LogLevel.Warning, "Pod {Pod} in phase {Phase}: a step failed and is tried again: {Error}")]
    private partial void LogStepFailed(string pod, PodWorkerPhase phase, string error);
}
