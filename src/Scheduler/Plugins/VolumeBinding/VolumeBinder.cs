using System.Text.Json;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Pods;
using NodeAgent.Scheduler.Plugins.Volumes;

namespace NodeAgent.Scheduler.Plugins.VolumeBinding;

/// <summary>Keeps volumes for a pod that got a node, writes the choice, and waits until controllers have made it so.</summary>
/// <param name="isAlive">Whether the pod still exists; waiting for the volumes of one that does not has no use.</param>
/// <param name="findNode">The node; null when it is gone.</param>
internal sealed partial class VolumeBinder(
    VolumeStores stores,
    IKubeClient client,
    Func<PodInfo, bool> isAlive,
    Func<string, Node?> findNode,
    TimeSpan timeout,
    TimeProvider time,
    ILogger logger)
{
    /// <summary>Looks again after this long even when no change was seen.</summary>
    private static readonly TimeSpan Recheck = TimeSpan.FromSeconds(1);

    public TimeSpan Timeout => timeout;

    /// <summary>Counts volumes and claims as chosen from now on.</summary>
    /// <returns>The changed copies; null, with nothing changed, when the choice was made on old revisions.</returns>
    public PodVolumes? Assume(PodVolumes volumes, string nodeName, out string conflict)
    {
        var chosen = new List<(PersistentVolumeClaim Claim, PersistentVolume Volume)>();
        var provisions = new List<(PersistentVolumeClaim Claim, KubeApi.Storage.V1.CSIStorageCapacity? Capacity)>();
        foreach (var (claim, volume) in volumes.Static)
        {
            var copy = Reserve(volume, claim);
            if (!stores.Volumes.Assume(copy))
            {
                Restore(new PodVolumes(chosen, provisions));
                conflict = $"persistentvolume \"{volume.Metadata.Name}\" changed while it was being chosen for claim {ClaimFacts.KeyOf(claim)}";
                return null;
            }

            chosen.Add((claim, copy));
        }

        foreach (var (claim, capacity) in volumes.Provisions)
        {
            var copy = claim.Clone();
            copy.Metadata.Annotations[ClaimFacts.SelectedNode] = nodeName;
            if (!stores.Claims.Assume(copy))
            {
                Restore(new PodVolumes(chosen, provisions));
                conflict = $"persistentvolumeclaim {ClaimFacts.KeyOf(claim)} changed while node {nodeName} was being chosen for it";
                return null;
            }

            provisions.Add((copy, capacity));
        }

        conflict = "";
        return new PodVolumes(chosen, provisions);
    }

    public void Restore(PodVolumes assumed)
    {
        foreach (var (_, volume) in assumed.Static)
        {
            stores.Volumes.Restore(volume);
        }

        foreach (var (claim, _) in assumed.Provisions)
        {
            stores.Claims.Restore(claim);
        }
    }

    /// <summary>Writes what was assumed and waits until every claim is bound.</summary>
    /// <returns>An error when a write is refused, a volume turns out to be elsewhere, or the time is over.</returns>
    public async Task<Status> BindAsync(PodInfo pod, PodVolumes assumed, string nodeName, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var written = await WriteAsync(assumed, nodeName, cancellationToken);
        LogWritten(pod, nodeName, assumed.Static.Count, assumed.Provisions.Count);
        while (true)
        {
            var change = stores.Changed.Next;
            var (isDone, error) = Check(pod, written, nodeName);
            if (isDone)
            {
                return error is null ? Status.Success : Status.Error($"binding volumes: {error}");
            }

            var left = timeout - time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                return Status.Error($"binding volumes: not bound within {timeout.TotalSeconds} s");
            }

            await Task.WhenAny(change, Task.Delay(left < Recheck ? left : Recheck, time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The volume as it is to be written: reserved for the claim, and marked as reserved by a component.</summary>
    private static PersistentVolume Reserve(PersistentVolume volume, PersistentVolumeClaim claim)
    {
        var copy = volume.Clone();
        if (!ClaimFacts.IsFor(volume, claim))
        {
            copy.Metadata.Annotations[ClaimFacts.BoundByController] = "yes";
        }

        copy.Spec.ClaimRef = new ObjectReference
        {
            Kind = "PersistentVolumeClaim",
            ApiVersion = "v1",
            Namespace = claim.Metadata.Namespace,
            Name = claim.Metadata.Name,
            Uid = claim.Metadata.Uid,
            ResourceVersion = claim.Metadata.ResourceVersion,
        };
        return copy;
    }

    private async Task<PodVolumes> WriteAsync(PodVolumes assumed, string nodeName, CancellationToken cancellationToken)
    {
        var chosen = new List<(PersistentVolumeClaim Claim, PersistentVolume Volume)>();
        foreach (var (claim, volume) in assumed.Static)
        {
            var reference = volume.Spec.ClaimRef;
            var body = Patch(volume.Metadata.ResourceVersion, volume.Metadata.Annotations.Where(a => a.Key == ClaimFacts.BoundByController), new Dictionary<string, object>
            {
                ["claimRef"] = new Dictionary<string, string>
                {
                    ["kind"] = reference.Kind,
                    ["apiVersion"] = reference.ApiVersion,
                    ["namespace"] = reference.Namespace,
                    ["name"] = reference.Name,
                    ["uid"] = reference.Uid,
                    ["resourceVersion"] = reference.ResourceVersion,
                },
            });
            chosen.Add((claim, await client.PatchAsync(Resources.PersistentVolumes, null, volume.Metadata.Name, PatchType.Merge, body, cancellationToken)));
        }

        var provisions = new List<(PersistentVolumeClaim Claim, KubeApi.Storage.V1.CSIStorageCapacity? Capacity)>();
        foreach (var (claim, capacity) in assumed.Provisions)
        {
            var body = Patch(claim.Metadata.ResourceVersion, [KeyValuePair.Create(ClaimFacts.SelectedNode, nodeName)], null);
            provisions.Add((await client.PatchAsync(Resources.PersistentVolumeClaims, claim.Metadata.Namespace, claim.Metadata.Name, PatchType.Merge, body, cancellationToken), capacity));
        }

        return new PodVolumes(chosen, provisions);
    }

    /// <summary>With the resource version as the precondition: whoever changed the object meanwhile makes the write fail.</summary>
    private static byte[] Patch(string resourceVersion, IEnumerable<KeyValuePair<string, string>> annotations, Dictionary<string, object>? spec)
    {
        var body = new Dictionary<string, object>
        {
            ["metadata"] = new Dictionary<string, object> { ["resourceVersion"] = resourceVersion, ["annotations"] = annotations.ToDictionary(a => a.Key, a => a.Value) },
        };
        if (spec is not null)
        {
            body["spec"] = spec;
        }

        return JsonSerializer.SerializeToUtf8Bytes(body);
    }

    private (bool IsDone, string? Error) Check(PodInfo pod, PodVolumes written, string nodeName)
    {
        if (!isAlive(pod))
        {
            return (true, "pod does not exist any more");
        }

        if (findNode(nodeName) is not { } node)
        {
            return (true, $"node \"{nodeName}\" does not exist any more");
        }

        foreach (var (claim, volume) in written.Static)
        {
            if (CheckStatic(claim, volume, node) is { } outcome)
            {
                return outcome;
            }
        }

        foreach (var (claim, _) in written.Provisions)
        {
            if (CheckProvision(claim, node) is { } outcome)
            {
                return outcome;
            }
        }

        return (true, null);
    }

    /// <returns>Null when the claim is bound to the volume.</returns>
    private (bool IsDone, string? Error)? CheckStatic(PersistentVolumeClaim claim, PersistentVolume written, Node node)
    {
        var name = written.Metadata.Name;
        if (stores.Volumes.Store.Get(null, name) is not { } volume)
        {
            return (true, $"persistentvolume \"{name}\" does not exist any more");
        }

        if (stores.Claims.Store.Get(claim.Metadata.Namespace, claim.Metadata.Name) is not { } now)
        {
            return (true, $"persistentvolumeclaim {ClaimFacts.KeyOf(claim)} does not exist any more");
        }

        if (IsOlder(volume, written))
        {
            return (false, null);
        }

        if (!new VolumeAffinity(volume).Matches(node))
        {
            return (true, $"pv \"{name}\" node affinity doesn't match node \"{node.Metadata.Name}\"");
        }

        if (volume.Spec.ClaimRef is not { Uid.Length: > 0 })
        {
            return (true, $"ClaimRef got reset for pv \"{name}\"");
        }

        return ClaimFacts.IsFullyBound(now) ? null : (false, null);
    }

    private (bool IsDone, string? Error)? CheckProvision(PersistentVolumeClaim written, Node node)
    {
        if (stores.Claims.Store.Get(written.Metadata.Namespace, written.Metadata.Name) is not { } claim)
        {
            return (true, $"persistentvolumeclaim {ClaimFacts.KeyOf(written)} does not exist any more");
        }

        if (IsOlder(claim, written))
        {
            return (false, null);
        }

        if (claim.Metadata.Annotations.GetValueOrDefault(ClaimFacts.SelectedNode) != node.Metadata.Name)
        {
            // The provisioner takes the annotation away when it cannot make a volume for the node.
            return (true, $"provisioning failed for PVC \"{claim.Metadata.Name}\"");
        }

        if (claim.Spec.VolumeName.Length > 0)
        {
            if (stores.Volumes.Store.Get(null, claim.Spec.VolumeName) is not { } volume)
            {
                return (false, null);
            }

            if (!new VolumeAffinity(volume).Matches(node))
            {
                return (true, $"pv \"{volume.Metadata.Name}\" node affinity doesn't match node \"{node.Metadata.Name}\"");
            }
        }

        return ClaimFacts.IsFullyBound(claim) ? null : (false, null);
    }

    private static bool IsOlder(IKubeObject seen, IKubeObject written) =>
        ulong.TryParse(seen.Metadata.ResourceVersion, out var has) && ulong.TryParse(written.Metadata.ResourceVersion, out var wants) && has < wants;

    [LoggerMessage(EventId = 4200, Level = LogLevel.Debug, Message = "Volumes of pod {Pod} for node {NodeName}: {Static} reserved, {Provisions} to be made; waiting for them")]
    private partial void LogWritten(PodInfo pod, string nodeName, int @static, int provisions);
}
