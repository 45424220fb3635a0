using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Storage.V1;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;
using NodeAgent.Scheduler.Plugins.Volumes;

namespace NodeAgent.Scheduler.Plugins.VolumeZone;

/// <summary>Keeps pods out of zones and regions that the labels of their volumes do not name.</summary>
internal sealed class VolumeZonePlugin(VolumeStores stores) : IPreFilterPlugin, IFilterPlugin, IEventInterests
{
    private const string WaitForFirstConsumer = "WaitForFirstConsumer";

    private static readonly Status Conflict = Status.Unresolvable("node(s) had no available volume zone");

    /// <summary>The labels of volumes, each with the name that nodes have for it when they lack the first.</summary>
    private static readonly (string Label, string Newer)[] Labels =
    [
        ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"),
        ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
        ("topology.kubernetes.io/zone", "topology.kubernetes.io/zone"),
        ("topology.kubernetes.io/region", "topology.kubernetes.io/region"),
    ];

    private static readonly StateKey<List<VolumeTopology>> Topologies = new("volume topologies");

    public string Name => PluginNames.VolumeZone;

    public IReadOnlyList<EventInterest> Interests =>
    [
        new(new ClusterEvent(EventResource.StorageClass, ActionType.Add), IsDelayed),
        new(new ClusterEvent(EventResource.Node, ActionType.Add | ActionType.UpdateNodeLabel)),
        new(new ClusterEvent(EventResource.PersistentVolumeClaim, ActionType.Add | ActionType.Update), UsesClaim),
        new(new ClusterEvent(EventResource.PersistentVolume, ActionType.Add | ActionType.Update), HasOtherTopology),
    ];

    public PreFilterResult PreFilter(CycleState state, PodInfo pod, INodeTable nodes)
    {
        List<VolumeTopology>? topologies = null;
        foreach (var volume in pod.Pod.Spec.Volumes)
        {
            if (volume.VolumeSource?.PersistentVolumeClaim is { } source && Read(pod, source.ClaimName, ref topologies) is { } refusal)
            {
                return new PreFilterResult(refusal);
            }
        }

        if (topologies is null)
        {
            return PreFilterResult.Skip;
        }

        state.Write(Topologies, topologies);
        return PreFilterResult.Success;
    }

    public void Filter(CycleState state, PodInfo pod, NodeFilter nodes)
    {
        var topologies = state.Read(Topologies);
        foreach (var slot in nodes.Feasible)
        {
            var labels = nodes.Table[slot].Node.Metadata.Labels;
            if (Labels.Any(l => labels.ContainsKey(l.Label)) && !topologies.TrueForAll(t => t.Matches(labels)))
            {
                nodes.Reject(slot, Conflict);
            }
        }
    }

    /// <summary>Adds what the claim's volume says; else why the pod can run nowhere.</summary>
    private Status? Read(PodInfo pod, string claimName, ref List<VolumeTopology>? topologies)
    {
        if (claimName.Length == 0)
        {
            return Status.Unresolvable("PersistentVolumeClaim had no name");
        }

        if (stores.Claims.Get(pod.Namespace, claimName) is not { } claim)
        {
            return Status.Unresolvable($"persistentvolumeclaim \"{claimName}\" not found");
        }

        var volumeName = claim.Spec?.VolumeName ?? "";
        if (volumeName.Length == 0)
        {
            return WhyUnbound(claim);
        }

        if (stores.Volumes.Get(null, volumeName) is not { } volume)
        {
            return Status.Unresolvable($"persistentvolume \"{volumeName}\" not found");
        }

        if (TopologiesOf(volume) is { Count: > 0 } found)
        {
            (topologies ??= []).AddRange(found);
        }

        return null;
    }

    private Status? WhyUnbound(PersistentVolumeClaim claim)
    {
        var className = ClaimFacts.ClassOf(claim);
        if (className.Length == 0)
        {
            return Status.Unresolvable("PersistentVolumeClaim had no pv name and storageClass name");
        }

        return stores.Classes.Get(null, className) switch
        {
            null => Status.Unresolvable($"storageclass.storage.k8s.io \"{className}\" not found"),
            { VolumeBindingMode: "" } => Status.Unresolvable($"VolumeBindingMode not set for StorageClass \"{className}\""),
            { VolumeBindingMode: WaitForFirstConsumer } => null,
            _ => Status.Unresolvable("PersistentVolume had no name"),
        };
    }

    /// <summary>One label may name several zones, with two underscores in between; a label with an empty name is left out.</summary>
    private static List<VolumeTopology> TopologiesOf(PersistentVolume volume)
    {
        var found = new List<VolumeTopology>();
        foreach (var (label, newer) in Labels)
        {
            if (volume.Metadata.Labels.TryGetValue(label, out var value) && value.Split("__") is var zones && zones.All(z => z.Trim().Length > 0))
            {
                found.Add(new VolumeTopology(label, newer, [.. zones.Select(z => z.Trim()).Order(StringComparer.Ordinal)]));
            }
        }

        return found;
    }

    private static QueueingHint IsDelayed(PodInfo pod, object? before, object? after) =>
        after is StorageClass { VolumeBindingMode: WaitForFirstConsumer } ? QueueingHint.Queue : QueueingHint.Skip;

    private static QueueingHint UsesClaim(PodInfo pod, object? before, object? after) =>
        after is PersistentVolumeClaim claim && claim.Metadata.Namespace == pod.Namespace
            && pod.Pod.Spec.Volumes.Any(v => v.VolumeSource?.PersistentVolumeClaim?.ClaimName == claim.Metadata.Name)
            ? QueueingHint.Queue
            : QueueingHint.Skip;

    private static QueueingHint HasOtherTopology(PodInfo pod, object? before, object? after) =>
        before is PersistentVolume old && after is PersistentVolume changed && TopologiesOf(old).SequenceEqual(TopologiesOf(changed)) ? QueueingHint.Skip : QueueingHint.Queue;
}
