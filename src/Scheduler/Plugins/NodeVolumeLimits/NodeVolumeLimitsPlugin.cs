using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Storage.V1;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;
using NodeAgent.Scheduler.Plugins.Volumes;

namespace NodeAgent.Scheduler.Plugins.NodeVolumeLimits;

/// <summary>Keeps the number of a CSI driver's volumes on a node within what the node's CSINode says can be attached.</summary>
internal sealed class NodeVolumeLimitsPlugin(VolumeStores stores) : IPreFilterPlugin, IFilterPlugin, IEventInterests
{
    private static readonly Status TooMany = Status.Unschedulable("node(s) exceed max volume count");

    public string Name => PluginNames.NodeVolumeLimits;

    public IReadOnlyList<EventInterest> Interests =>
    [
        new(new ClusterEvent(EventResource.CSINode, ActionType.Add)),
        new(new ClusterEvent(EventResource.CSINode, ActionType.Update), HasHigherLimit),
        new(new ClusterEvent(EventResource.Pod, ActionType.Delete), HadVolumes),
        new(new ClusterEvent(EventResource.PersistentVolumeClaim, ActionType.Add), PodClaims.Hint),
        new(new ClusterEvent(EventResource.VolumeAttachment, ActionType.Delete), MayUseAttachment),
    ];

    public PreFilterResult PreFilter(CycleState state, PodInfo pod, INodeTable nodes) => HasVolumes(pod.Pod) ? PreFilterResult.Success : PreFilterResult.Skip;

    public void Filter(CycleState state, PodInfo pod, NodeFilter nodes)
    {
        var wanted = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var slot in nodes.Feasible)
        {
            var node = nodes.Table[slot];
            var csiNode = stores.CsiNodes.Get(null, node.Name);
            wanted.Clear();
            if (Collect(pod.Pod, csiNode, isNew: true, wanted) is { } missing)
            {
                nodes.Reject(slot, missing);
                continue;
            }

            if (wanted.Count > 0 && LimitsOf(csiNode) is { Count: > 0 } limits && wanted.Values.Any(limits.ContainsKey) && Exceeds(node, csiNode!, wanted, limits))
            {
                nodes.Reject(slot, TooMany);
            }
        }
    }

    private bool Exceeds(NodeInfo node, CSINode csiNode, Dictionary<string, string> wanted, Dictionary<string, int> limits)
    {
        var attached = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var other in node.Pods)
        {
            Collect(other.Pod, csiNode, isNew: false, attached);
        }

        foreach (var attachment in stores.Attachments?.ByIndex(VolumeStores.ByNode, node.Name) ?? [])
        {
            // A volume that no pod uses any more holds its place until it is detached.
            if (attachment.Spec is { Attacher: { Length: > 0 } driver, Source.PersistentVolumeName: { Length: > 0 } name }
                && stores.Volumes.Get(null, name)?.Spec?.PersistentVolumeSource?.Csi is { } source)
            {
                attached[NameOf(driver, source.VolumeHandle)] = driver;
            }
        }

        var added = wanted.Where(w => !attached.ContainsKey(w.Key)).GroupBy(w => w.Value);
        return added.Any(d => limits.TryGetValue(d.Key, out var limit) && attached.Count(a => a.Value == d.Key) + d.Count() > limit);
    }

    /// <summary>Adds the pod's volumes of CSI drivers, by unique name.</summary>
    /// <returns>Why a new pod cannot be judged; null when it can.</returns>
    private Status? Collect(Pod pod, CSINode? node, bool isNew, Dictionary<string, string> volumes)
    {
        foreach (var volume in pod.Spec.Volumes)
        {
            if (PodClaims.ClaimOf(pod, volume, out var isEphemeral) is not { } claimName)
            {
                Add(CsiMigration.Find(volume.VolumeSource, node));
                continue;
            }

            if (stores.Claims.Get(pod.Metadata.Namespace, claimName) is not { } claim)
            {
                if (isNew)
                {
                    return Status.Unresolvable($"looking up PVC {pod.Metadata.Namespace}/{claimName}: persistentvolumeclaim \"{claimName}\" not found");
                }

                continue;
            }

            if (isEphemeral && PodClaims.WhyNotOf(pod, claim) is { } error)
            {
                if (isNew)
                {
                    return Status.Error(error);
                }

                continue;
            }

            Add(Find(claim, node));
        }

        return null;

        void Add((string Driver, string Handle)? found)
        {
            if (found is { Driver.Length: > 0, Handle.Length: > 0 } v)
            {
                volumes[NameOf(v.Driver, v.Handle)] = v.Driver;
            }
        }
    }

    private (string Driver, string Handle)? Find(PersistentVolumeClaim claim, CSINode? node)
    {
        if (claim.Spec is { VolumeName: { Length: > 0 } name } && stores.Volumes.Get(null, name)?.Spec?.PersistentVolumeSource is { } source)
        {
            return source.Csi is { } csi ? (csi.Driver, csi.VolumeHandle) : CsiMigration.Find(source, node);
        }

        // It has no volume yet: it will be one more of its class's driver.
        return stores.Classes.Get(null, ClaimFacts.ClassOf(claim)) is { } storageClass && CsiMigration.DriverOf(storageClass.Provisioner, node) is { } driver
            ? (driver, "unbound " + ClaimFacts.KeyOf(claim))
            : null;
    }

    private static string NameOf(string driver, string handle) => $"{driver}/{handle}";

    private static bool HasVolumes(Pod pod)
    {
        foreach (var volume in pod.Spec.Volumes)
        {
            if (volume.VolumeSource is { PersistentVolumeClaim: not null } or { Ephemeral: not null } || CsiMigration.IsInline(volume.VolumeSource))
            {
                return true;
            }
        }

        return false;
    }

    private static Dictionary<string, int> LimitsOf(CSINode? node)
    {
        var limits = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var driver in node?.Spec?.Drivers ?? [])
        {
            if (driver.Allocatable is { HasCount: true } allocatable)
            {
                limits[driver.Name] = allocatable.Count;
            }
        }

        return limits;
    }

    private static QueueingHint HasHigherLimit(PodInfo pod, object? before, object? after)
    {
        var old = LimitsOf(before as CSINode);
        return LimitsOf(after as CSINode).Any(l => l.Value > old.GetValueOrDefault(l.Key)) ? QueueingHint.Queue : QueueingHint.Skip;
    }

    private static QueueingHint HadVolumes(PodInfo pod, object? before, object? after) =>
        before is PodInfo deleted && HasVolumes(deleted.Pod) ? QueueingHint.Queue : QueueingHint.Skip;

    private static QueueingHint MayUseAttachment(PodInfo pod, object? before, object? after) => HasVolumes(pod.Pod) ? QueueingHint.Queue : QueueingHint.Skip;
}
