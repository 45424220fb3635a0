using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Events;
using NodeAgent.Kubelet.Node;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Statuses;

namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>Knows the pods that this node should run and gives each its worker: admits new ones, tells of changes, ends those that are gone.</summary>
/// <remarks>Sources call it from their own threads; it never blocks.</remarks>
internal sealed partial class PodManager(PodWorkerContext context, NodeAdmission admission, ILogger<PodManager> logger)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<PodUid, PodWorker> _workers = [];

    /// <summary>Pods that wait until one of the same name that still runs is gone, by full name.</summary>
    private readonly Dictionary<string, Pod> _waiting = [];
    private readonly ConcurrentDictionary<PodUid, Task> _running = new();
    private CancellationToken _stopping;

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
        lock (_lock)
        {
            if (_workers.TryGetValue(pod.Uid(), out var worker))
            {
                worker.Mailbox.PostUpdate(pod);
            }
            else if (_workers.Values.FirstOrDefault(w => w.Pod.FullName() == pod.FullName()) is { } other)
            {
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
            else if (_waiting.FirstOrDefault(w => w.Value.Uid() == uid) is { Key: { } name })
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
        if (!adopted && pod.Metadata.DeletionTimestamp is null && !PodSpecs.IsTerminal(pod.Status?.Phase ?? "") && !HasRun(pod))
        {
            var active = _workers.Values.Where(w => !w.IsDone && !PodSpecs.IsTerminal(w.Pod.Status?.Phase ?? "")).Select(w => w.Pod).ToList();
            if (admission.Check(pod, active) is { } refused)
            {
                Refuse(worker, refused);
            }
        }
        else if (PodSpecs.IsTerminal(pod.Status?.Phase ?? ""))
        {
            worker.Mailbox.PostKill(new KillRequest(null));
        }

        _workers[worker.Uid] = worker;
        _running[worker.Uid] = RunAsync(worker);
        return worker;
    }

    /// <summary>A pod that was let in once is not judged again: a restarted kubelet refuses nothing that runs.</summary>
    private static bool HasRun(Pod pod) => pod.Status?.StartTime is not null;

    private void Refuse(PodWorker worker, Verdict refused)
    {
        context.Events.Record(worker.Pod.Reference(), EventType.Warning, refused.Reason, refused.Message);
        worker.Mailbox.PostKill(new KillRequest(null, new Verdict(refused.Reason, "Pod was rejected: " + refused.Message), Rejected: true));
    }

    private async Task RunAsync(PodWorker worker)
    {
        try
        {
            await worker.RunAsync(_stopping);
        }
        finally
        {
            lock (_lock)
            {
                _running.TryRemove(worker.Uid, out _);
                if (worker.Phase == PodWorkerPhase.Finished && _workers.Remove(worker.Uid) && _waiting.Remove(worker.Pod.FullName(), out var next))
                {
                    Start(next, adopted: false);
                }
            }

            worker.Dispose();
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Pod {Pod} waits: pod {Other} of the same name is still there")]
    private partial void LogNameTaken(string pod, PodUid other);

    [LoggerMessage(2, LogLevel.Information, "Pod {Pod} runs here and no source knows it: ending it")]
    private partial void LogOrphan(string pod);
}
