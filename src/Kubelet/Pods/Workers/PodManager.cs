using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Events;
using NodeAgent.Kubelet.Allocation;
using NodeAgent.Kubelet.Node;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Planning;
using NodeAgent.Kubelet.Pods.Statuses;

namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>Knows the pods that this node should run and gives each its worker: admits new ones, tells of changes, ends those that are gone.</summary>
/// <remarks>Sources call it from their own threads; it never blocks.</remarks>
internal sealed partial class PodManager(PodWorkerContext context, NodeAdmission admission, PodAllocator allocator, ILogger<PodManager> logger)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<PodUid, PodWorker> _workers = [];

    /// <summary>Pods that wait until one of the same name that still runs is gone, by full name.</summary>
    private readonly Dictionary<string, Pod> _waiting = [];
    private readonly ConcurrentDictionary<PodUid, Task> _running = new();
    private CancellationToken _stopping;

    /// <summary>A pod runs again under the UID of the one that has just gone. Called in a lock: it must not block.</summary>
    public event Action? Restarted;

    /// <summary>The pods that have a worker, finished ones included as long as a source has them.</summary>
    public IReadOnlyList<PodWorker> Workers
    {
        get
        {
            lock (_lock)
            {
                return [.. _workers.Values];
            }
        }
    }

    public PodWorker? Find(PodUid uid)
    {
        lock (_lock)
        {
            return _workers.GetValueOrDefault(uid);
        }
    }

    /// <summary>To be called once, before any pod arrives: when the token is cancelled workers stop and their pods go on.</summary>
    public void StopWith(CancellationToken stopping) => _stopping = stopping;

    /// <summary>Completes when every worker has let go, after the token given to <see cref="StopWith"/> was cancelled.</summary>
    public Task DrainAsync() => Task.WhenAll(_running.Values);

    /// <summary>A source has a new pod or a new version of one.</summary>
    public void Apply(Pod pod)
    {
        context.Metrics.Starts.Seen(pod);
        lock (_lock)
        {
            if (_workers.TryGetValue(pod.Uid(), out var worker) && !worker.Mailbox.IsRemoved)
            {
                Update(worker, pod, "pod_updated");
            }
            else if ((worker ?? _workers.Values.FirstOrDefault(w => w.Pod.FullName() == pod.FullName())) is { } other)
            {
                // Of the same UID, too: a manifest that comes back is the pod that it was.
                LogNameTaken(pod.Describe(), other.Uid);
                _waiting[pod.FullName()] = pod;
                return;
            }
            else
            {
                worker = Start(pod, adopted: false);
            }

            if (pod.Metadata.DeletionTimestamp is not null)
            {
                worker.Mailbox.PostKill(new KillRequest(null));
            }
        }
    }

    /// <summary>The source has the pod no more: it is ended if it runs, and its traces go.</summary>
    public void Remove(PodUid uid)
    {
        lock (_lock)
        {
            if (_workers.TryGetValue(uid, out var worker))
            {
                worker.Mailbox.PostRemoved();
                worker.Mailbox.PostKill(new KillRequest(null));
            }

            if (_waiting.FirstOrDefault(w => w.Value.Uid() == uid) is { Key: { } name })
            {
                _waiting.Remove(name);
            }
        }
    }

    /// <summary>The runtime has something of a pod that no source knows: it is ended with its own grace period.</summary>
    public void EndOrphan(Pod reconstructed)
    {
        lock (_lock)
        {
            if (!_workers.ContainsKey(reconstructed.Uid()))
            {
                LogOrphan(reconstructed.Describe());
                context.Metrics.FoundOrphan();
                var worker = Start(reconstructed, adopted: true);
                worker.Mailbox.PostRemoved();
                worker.Mailbox.PostKill(new KillRequest(null));
            }
        }
    }

    public void Wake(PodUid uid) => Find(uid)?.Mailbox.Wake();

    /// <summary>Something that pods of the namespace refer to has changed.</summary>
    public void WakeNamespace(string namespaceName)
    {
        foreach (var worker in Workers.Where(w => !w.IsDone && w.Pod.Metadata.Namespace == namespaceName))
        {
            worker.Mailbox.Wake();
        }
    }

    private PodWorker Start(Pod pod, bool adopted)
    {
        var worker = new PodWorker(pod, context);
        var room = Task.CompletedTask;
        if (!adopted && pod.Metadata.DeletionTimestamp is null && !PodSpecs.IsTerminal(pod.Status?.Phase ?? "") && !HasRun(pod))
        {
            var outcome = admission.Check(pod, [.. Counting().Select(w => w.Pod)]);
            if (outcome.Refused is { } refused)
            {
                Refuse(worker, refused);
            }

            foreach (var victim in outcome.Preempt)
            {
                context.Metrics.Preempted(outcome.Short);
                Preempt(_workers[victim.Uid()]);
            }

            room = Task.WhenAll(outcome.Preempt.Select(v => _workers[v.Uid()].Ended));
        }
        else if (PodSpecs.IsTerminal(pod.Status?.Phase ?? ""))
        {
            worker.Mailbox.PostKill(new KillRequest(null));
        }

        _workers[worker.Uid] = worker;
        _running[worker.Uid] = RunAsync(worker, adopted ? room : AllocateAsync(worker, room));
        return worker;
    }

    /// <summary>A pod that was let in once is not judged again: a restarted kubelet refuses nothing that runs.</summary>
    private static bool HasRun(Pod pod) => pod.Status?.StartTime is not null;

    private void Refuse(PodWorker worker, Verdict refused)
    {
        context.Metrics.Rejected(refused.Reason);
        context.Events.Record(worker.Pod.Reference(), EventType.Warning, refused.Reason, refused.Message);
        worker.Mailbox.PostKill(new KillRequest(null, new Verdict(refused.Reason, "Pod was rejected: " + refused.Message), Rejected: true));
    }

    /// <summary>New resources are for the pod only when the node has room for them.</summary>
    /// <param name="trigger">Why a resize that was put off is looked at again.</param>
    private void Update(PodWorker worker, Pod pod, string trigger)
    {
        var (allocated, pending) = (worker.Pod, worker.Mailbox.PendingResize);
        if (worker.IsDone || pod.Metadata.DeletionTimestamp is not null || ResizePlanner.AskForTheSame(allocated, pod))
        {
            worker.Mailbox.PostUpdate(pod);
            return;
        }

        if (!ReferenceEquals(pending?.Desired, pod))
        {
            context.Metrics.Resizes.Requested(pending?.Desired ?? allocated, pod);
        }

        var refused = admission.CheckResize(pod, [.. Counting().Where(w => w != worker).Select(w => w.Pod)]);
        if (refused is null)
        {
            if (pending is { Reason: ResizeRequest.Deferred })
            {
                context.Metrics.Resizes.AcceptedAfterAll(trigger);
            }

            context.Events.Record(pod.Reference(), EventType.Normal, "ResizeStarted", ResizeText.Describe(pod, "Pod resize started"));
            worker.Mailbox.PostUpdate(pod);
            return;
        }

        if (pending is not { } before || before.Reason != refused.Reason)
        {
            if (refused.Reason == ResizeRequest.Infeasible)
            {
                context.Metrics.Resizes.Infeasible(refused.Detail);
            }

            context.Events.Record(pod.Reference(), EventType.Warning, "Resize" + refused.Reason, ResizeText.Describe(pod, $"Pod resize {refused.Reason}", refused.Message));
        }

        worker.Mailbox.PostUpdate(ResizePlanner.WithResourcesOf(pod, allocated), refused);
    }

    private void GiveBack()
    {
        CollectAllocations();
        RetryResizes();
    }

    /// <summary>There may be room now for resizes that were put off.</summary>
    private void RetryResizes()
    {
        lock (_lock)
        {
            foreach (var worker in _workers.Values.Where(w => w.Mailbox.PendingResize is { Reason: ResizeRequest.Deferred }).ToList())
            {
                Update(worker, worker.Mailbox.PendingResize!.Desired, "pod_terminated");
            }
        }
    }

    /// <summary>The pods that hold resources of the node now. A pod that was refused never did.</summary>
    private IEnumerable<PodWorker> Active() =>
        _workers.Values.Where(w => !w.IsDone && !PodSpecs.IsTerminal(w.Pod.Status?.Phase ?? "") && w.Mailbox.Kill is not { Rejected: true });

    /// <summary>
    /// The pods that others have to leave room for. One whose object is gone while it still ends was deleted by force: the scheduler
    /// has given its room away, and the node, as upstream's, does not refuse who was given it.
    /// </summary>
    private IEnumerable<PodWorker> Counting() => Active().Where(w => !w.Mailbox.IsRemoved);

    private void Preempt(PodWorker victim)
    {
        const string Reason = "Preempting";
        const string Message = "Preempted in order to admit critical pod";
        context.Events.Record(victim.Pod.Reference(), EventType.Warning, Reason, Message);
        var disruption = PodConditions.Make(PodConditions.DisruptionTarget, true, "TerminationByKubelet", "Pod was preempted by Kubelet to accommodate a critical pod.");
        victim.Mailbox.PostKill(new KillRequest(null, new Verdict(Reason, Message), disruption));
    }

    /// <summary>Gives the pod its devices and CPUs before anything of it starts. A pod that was let in once stays, whatever comes of it.</summary>
    private async Task AllocateAsync(PodWorker worker, Task room)
    {
        await room;
        if (worker.Mailbox.Kill is not null || worker.Pod.Metadata.DeletionTimestamp is not null || await allocator.AdmitAsync(worker.Pod, ActiveUids, _stopping) is not { } refused)
        {
            return;
        }

        if (HasRun(worker.Pod))
        {
            LogNotAllocated(worker.Pod.Describe(), refused.Message);
        }
        else
        {
            Refuse(worker, refused);
        }
    }

    /// <summary>The pods that hold resources of the node now.</summary>
    public IReadOnlyCollection<Pod> ActivePods()
    {
        lock (_lock)
        {
            return [.. Active().Select(w => w.Pod)];
        }
    }

    /// <summary>Takes back what pods have that are no more: devices, CPUs.</summary>
    public void CollectAllocations() => allocator.Collect(ActiveUids);

    private HashSet<PodUid> ActiveUids()
    {
        lock (_lock)
        {
            return [.. Active().Select(w => w.Uid)];
        }
    }

    /// <param name="room">Completes when there is room for the pod.</param>
    private async Task RunAsync(PodWorker worker, Task room)
    {
        try
        {
            await room;
            var retry = worker.Ended.ContinueWith(_ => GiveBack(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            await worker.RunAsync(_stopping);
            await retry;
        }
        finally
        {
            lock (_lock)
            {
                _running.TryRemove(worker.Uid, out _);
                context.Metrics.Starts.Forget(worker.Uid);
                if (worker.Phase == PodWorkerPhase.Finished && _workers.Remove(worker.Uid) && _waiting.Remove(worker.Pod.FullName(), out var next))
                {
                    Start(next, adopted: false);
                    if (next.Uid() == worker.Uid)
                    {
                        context.Metrics.Restarted(next);
                        Restarted?.Invoke();
                    }
                }
            }

            worker.Dispose();
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Pod {Pod} waits: pod {Other} of the same name is still there")]
    private partial void LogNameTaken(string pod, PodUid other);

    [LoggerMessage(2, LogLevel.Information, "Pod {Pod} runs here and no source knows it: ending it")]
    private partial void LogOrphan(string pod);

    [LoggerMessage(3, LogLevel.Warning, "Pod {Pod} was let in by an earlier kubelet and does not have what it asks for now: {Error}")]
    private partial void LogNotAllocated(string pod, string error);
}
