using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;
using NodeAgent.Scheduler.Plugins.Volumes;

namespace NodeAgent.Scheduler.Plugins.VolumeRestrictions;

/// <summary>Volumes that only one pod may use: claims with ReadWriteOncePod in the whole cluster, disks of some kinds on one node.</summary>
internal sealed class VolumeRestrictionsPlugin(VolumeStores stores) : IPreFilterPlugin, IFilterPlugin, IEventInterests
{
    private const string OncePerPod = "ReadWriteOncePod";

    private static readonly Status DiskConflict = Status.Unschedulable("node(s) had no available disk");
    private static readonly Status InUse = Status.Unschedulable("node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod");
    private static readonly StateKey<List<string>> ExclusiveClaims = new("exclusive claims");

    public string Name => PluginNames.VolumeRestrictions;

    public IReadOnlyList<EventInterest> Interests =>
    [
        new(new ClusterEvent(EventResource.Pod, ActionType.Delete), SharedVolume),
        new(new ClusterEvent(EventResource.Node, ActionType.Add)),
        new(new ClusterEvent(EventResource.PersistentVolumeClaim, ActionType.Add), PodClaims.Hint),
    ];

    public PreFilterResult PreFilter(CycleState state, PodInfo pod, INodeTable nodes)
    {
        var hasDisks = false;
        var exclusive = new List<string>();
        foreach (var volume in pod.Pod.Spec.Volumes)
        {
            hasDisks |= IsDisk(volume.VolumeSource);
            if (volume.VolumeSource?.PersistentVolumeClaim is not { } source)
            {
                continue;
            }

            if (stores.Claims.Get(pod.Namespace, source.ClaimName) is not { } claim)
            {
                return new PreFilterResult(Status.Unresolvable($"persistentvolumeclaim \"{source.ClaimName}\" not found"));
            }

            if (claim.Spec?.AccessModes.Contains(OncePerPod) == true && !exclusive.Contains(source.ClaimName))
            {
                exclusive.Add(source.ClaimName);
            }
        }

        if (!hasDisks && !IsInUse(exclusive, pod, nodes))
        {
            return PreFilterResult.Skip;
        }

        state.Write(ExclusiveClaims, exclusive);
        return PreFilterResult.Success;
    }

    public void Filter(CycleState state, PodInfo pod, NodeFilter nodes)
    {
        // Of the table, which shows what preemption tries out.
        var isInUse = IsInUse(state.Read(ExclusiveClaims), pod, nodes.Table);
        foreach (var slot in nodes.Feasible)
        {
            if (nodes.Table[slot].Pods.Any(p => HaveDiskConflict(pod.Pod, p.Pod)))
            {
                nodes.Reject(slot, DiskConflict);
            }
            else if (isInUse)
            {
                nodes.Reject(slot, InUse);
            }
        }
    }

    private static bool IsInUse(List<string> claims, PodInfo pod, INodeTable nodes) => claims.Exists(c => nodes.PodsUsingClaim(pod.Namespace, c) > 0);

    private static bool IsDisk(VolumeSource? source) =>
        source is { GcePersistentDisk: not null } or { AwsElasticBlockStore: not null } or { Rbd: not null } or { Iscsi: not null };

    private static bool HaveDiskConflict(Pod pod, Pod other)
    {
        foreach (var volume in pod.Spec.Volumes)
        {
            if (IsDisk(volume.VolumeSource) && other.Spec.Volumes.Any(o => IsSameDisk(volume.VolumeSource, o.VolumeSource)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Sharing is fine where both only read, except on EBS.</summary>
    private static bool IsSameDisk(VolumeSource left, VolumeSource? right) => (left, right) switch
    {
        ({ GcePersistentDisk: { } a }, { GcePersistentDisk: { } b }) => a.PdName == b.PdName && !(a.ReadOnly && b.ReadOnly),
        ({ AwsElasticBlockStore: { } a }, { AwsElasticBlockStore: { } b }) => a.VolumeID == b.VolumeID,
        ({ Iscsi: { } a }, { Iscsi: { } b }) => a.Iqn == b.Iqn && !(a.ReadOnly && b.ReadOnly),
        ({ Rbd: { } a }, { Rbd: { } b }) => a.Monitors.Intersect(b.Monitors).Any() && PoolOf(a) == PoolOf(b) && a.Image == b.Image && !(a.ReadOnly && b.ReadOnly),
        _ => false,
    };

    private static string PoolOf(RBDVolumeSource source) => source.Pool.Length == 0 ? "rbd" : source.Pool;

    private static QueueingHint SharedVolume(PodInfo pod, object? before, object? after)
    {
        if (before is not PodInfo deleted || deleted.Namespace != pod.Namespace)
        {
            return QueueingHint.Skip;
        }

        return HaveDiskConflict(pod.Pod, deleted.Pod) || ClaimsOf(pod).Intersect(ClaimsOf(deleted)).Any() ? QueueingHint.Queue : QueueingHint.Skip;
    }

    private static IEnumerable<string> ClaimsOf(PodInfo pod) =>
        pod.Pod.Spec.Volumes.Select(v => v.VolumeSource?.PersistentVolumeClaim?.ClaimName).OfType<string>();
}
