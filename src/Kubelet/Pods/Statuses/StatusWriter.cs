using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Client;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Pods.Statuses;

/// <summary>
/// Brings the statuses of pods to the API server: the latest of each pod, one write of a pod at a time, and none when the
/// server has it already. A write that fails is tried again until it succeeds or the pod is gone.
/// </summary>
/// <param name="client">Null on a node without an API server.</param>
internal sealed partial class StatusWriter(IKubeClient? client, TimeProvider time, ILogger<StatusWriter> logger)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<PodUid, Slot> _slots = new();

    /// <summary>Told after each write what went by since the first of the changes that it brought.</summary>
    public Action<TimeSpan>? Written { get; set; }

    /// <summary>The status as it was composed last.</summary>
    public PodStatus? Get(PodUid uid) => _slots.TryGetValue(uid, out var slot) ? slot.Wanted : null;

    /// <summary>Takes a new status; it is written in the background.</summary>
    public void Set(PodUid uid, PodStatus status)
    {
        var slot = _slots.GetOrAdd(uid, _ => new Slot());
        lock (slot)
        {
            slot.Wanted = status;
            slot.ChangedAt ??= time.GetTimestamp();
        }

        Start(slot);
    }

    /// <summary>Told of the pod as the API server has it: its mirror pod for a static pod.</summary>
    /// <param name="uid">The UID that the pod has on this node.</param>
    public void Observe(PodUid uid, Pod fromServer)
    {
        var slot = _slots.GetOrAdd(uid, _ => new Slot());
        lock (slot)
        {
            _ = long.TryParse(fromServer.Metadata.ResourceVersion, System.Globalization.CultureInfo.InvariantCulture, out var version);
            if (slot.Target is { } known && known.Uid == fromServer.Metadata.Uid && version <= slot.Version)
            {
                return;
            }

            slot.Target = new Target(fromServer.Metadata.Namespace, fromServer.Metadata.Name, fromServer.Metadata.Uid);
            slot.OnServer = fromServer.Status ?? new PodStatus();
            slot.Version = version;
        }

        Start(slot);
    }

    /// <summary>Completes when the server has the latest status, or the pod is gone from it.</summary>
    public async Task FlushAsync(PodUid uid, CancellationToken cancellationToken)
    {
        if (client is not null && _slots.TryGetValue(uid, out var slot))
        {
            while (slot.Writing is { IsCompleted: false } writing)
            {
                await writing.WaitAsync(cancellationToken);
            }
        }
    }

    public void Forget(PodUid uid)
    {
        if (_slots.TryRemove(uid, out var slot))
        {
            slot.Gone = true;
        }
    }

    private void Start(Slot slot)
    {
        lock (slot)
        {
            if (client is not null && slot is { Gone: false, Wanted: not null, Target: not null, OnServer: not null } && slot.Writing is not { IsCompleted: false })
            {
                slot.Writing = WriteAsync(slot, client);
            }
        }
    }

    private async Task WriteAsync(Slot slot, IKubeClient server)
    {
        // The caller holds the lock and only wants to know that this goes on.
        await Task.Yield();
        var pause = FirstRetry;
        while (true)
        {
            Target target;
            PodStatus wanted;
            byte[]? patch;
            lock (slot)
            {
                (target, wanted) = (slot.Target!, slot.Wanted!);
                patch = slot.Gone ? null : StatusPatch.Between(target.Uid, slot.OnServer!, wanted);
                if (patch is null)
                {
                    slot.ChangedAt = null;
                    slot.Writing = null;
                    return;
                }
            }

            try
            {
                var answer = await server.PatchAsync(KubeApi.Resources.Pods, target.Namespace, target.Name, PatchType.StrategicMerge, patch, CancellationToken.None, "status");
                pause = FirstRetry;
                lock (slot)
                {
                    Tell(slot, wanted);
                    slot.OnServer = Merge(answer.Status, wanted);
                    _ = long.TryParse(answer.Metadata.ResourceVersion, System.Globalization.CultureInfo.InvariantCulture, out var version);
                    slot.Version = Math.Max(slot.Version, version);
                }
            }
            catch (KubeApiException e) when (e.IsNotFound || ((e.IsConflict || e.IsAnotherUid) && slot.Target!.Uid == target.Uid))
            {
                // Deleted, or another pod has the name now: there is nobody to tell.
                lock (slot)
                {
                    slot.OnServer = wanted;
                }
            }
            catch (Exception e)
            {
                LogWriteFailed(target.Namespace, target.Name, e.Message);
                await Task.Delay(pause, time);
                pause = pause * 2 < LongestRetry ? pause * 2 : LongestRetry;
            }
        }
    }

    private void Tell(Slot slot, PodStatus written)
    {
        if (slot.ChangedAt is { } at && ReferenceEquals(slot.Wanted, written))
        {
            slot.ChangedAt = null;
            Written?.Invoke(time.GetElapsedTime(at));
        }
    }

    /// <summary>What the server has now in the words of what was written: a server may drop fields that it does not know, and is not told them again.</summary>
    private static PodStatus Merge(PodStatus? answer, PodStatus written)
    {
        var merged = written.Clone();
        foreach (var foreign in answer?.Conditions.Where(c => !merged.Conditions.Any(m => m.Type == c.Type)) ?? [])
        {
            merged.Conditions.Add(foreign);
        }

        return merged;
    }

    [LoggerMessage(1, LogLevel.Warning, "Writing the status of pod {Namespace}/{Name} failed and is tried again: {Error}")]
    private partial void LogWriteFailed(string @namespace, string name, string error);

    private sealed record Target(string Namespace, string Name, string Uid);

    private sealed class Slot
    {
        public PodStatus? Wanted { get; set; }

        public PodStatus? OnServer { get; set; }

        public long Version { get; set; }

        public Target? Target { get; set; }

        public Task? Writing { get; set; }

        public bool Gone { get; set; }

        /// <summary>When the server began to lack something.</summary>
        public long? ChangedAt { get; set; }
    }
}
