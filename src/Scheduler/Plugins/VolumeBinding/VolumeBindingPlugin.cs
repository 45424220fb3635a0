using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Storage.V1;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;
using NodeAgent.Scheduler.Plugins.Volumes;

namespace NodeAgent.Scheduler.Plugins.VolumeBinding;

/// <summary>
/// Places pods where their volumes can be reached or made, and binds claims that wait for their first consumer before the
/// pod is bound.
/// </summary>
/// <param name="scorer">Null where storage is not scored.</param>
internal sealed class VolumeBindingPlugin(VolumeStores stores, VolumeBinder binder, StorageScorer? scorer)
    : IPreFilterPlugin, IFilterPlugin, IPreScorePlugin, IScorePlugin, IReservePlugin, IPreBindPlugin, IEventInterests
{
    private const string WaitForFirstConsumer = "WaitForFirstConsumer";

    private static readonly StateKey<VolumeBindingState> Key = new("volume binding");
    private static readonly Status UnboundImmediate = Status.Unresolvable("pod has unbound immediate PersistentVolumeClaims");

    public string Name => PluginNames.VolumeBinding;

    public TimeSpan Timeout => binder.Timeout + TimeSpan.FromMinutes(1);

    public IReadOnlyList<EventInterest> Interests =>
    [
        new(new ClusterEvent(EventResource.StorageClass, ActionType.Add | ActionType.Update), HasOtherTopologies),
        new(new ClusterEvent(EventResource.PersistentVolumeClaim, ActionType.Add | ActionType.Update), PodClaims.Hint),
        new(new ClusterEvent(EventResource.PersistentVolume, ActionType.Add | ActionType.Update)),
        new(new ClusterEvent(EventResource.Node, ActionType.Add | ActionType.UpdateNodeLabel)),
        new(new ClusterEvent(EventResource.CSINode, ActionType.Add)),
        new(new ClusterEvent(EventResource.CSIDriver, ActionType.Update), StopsTracking),
        new(new ClusterEvent(EventResource.CSIStorageCapacity, ActionType.Add | ActionType.Update), HasMoreRoom),
    ];

    public PreFilterResult PreFilter(CycleState state, PodInfo pod, INodeTable nodes)
    {
        List<PersistentVolumeClaim>? bound = null;
        List<PersistentVolumeClaim> delayed = [];
        var hasImmediate = false;
        foreach (var volume in pod.Pod.Spec.Volumes)
        {
            if (PodClaims.ClaimOf(pod.Pod, volume, out var isEphemeral) is not { } name)
            {
                continue;
            }

            bound ??= [];
            var claim = stores.Claims.Get(pod.Namespace, name);
            if (WhyUnusable(pod, claim, name, isEphemeral) is { } reason)
            {
                return new PreFilterResult(Status.Unresolvable(reason));
            }

            if (ClaimFacts.IsFullyBound(claim!))
            {
                bound.Add(claim!);
            }
            else if (claim!.Spec.VolumeName.Length == 0 && IsDelayed(claim))
            {
                delayed.Add(claim);
            }
            else
            {
                hasImmediate = true;
            }
        }

        if (bound is null)
        {
            return PreFilterResult.Skip;
        }

        if (hasImmediate)
        {
            return new PreFilterResult(UnboundImmediate);
        }

        state.Write(Key, new VolumeBindingState(new ClaimPlan(stores, bound, delayed)));
        return PreFilterResult.Success;
    }

    public void Filter(CycleState state, PodInfo pod, NodeFilter nodes)
    {
        var own = state.Read(Key);
        foreach (var slot in nodes.Feasible)
        {
            var node = nodes.Table[slot];
            var misfit = own.Plan.Check(node.Node, out var volumes);
            if (misfit != Misfit.None)
            {
                nodes.Reject(slot, misfit.ToStatus());
                continue;
            }

            own.ByNode[node.Name] = volumes;
            own.HasStaticBindings |= volumes.Static.Count > 0;
        }
    }

    public Status PreScore(CycleState state, PodInfo pod, INodeTable nodes, NodeSet feasible) =>
        scorer is null || state.Find(Key) is null ? Status.Skip : Status.Success;

    public Status Score(CycleState state, PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores)
    {
        var own = state.Read(Key);
        for (var i = 0; i < slots.Length; i++)
        {
            scores[i] = own.ByNode.TryGetValue(nodes[slots[i]].Name, out var volumes) ? scorer!.Score(volumes) : 0;
        }

        return Status.Success;
    }

    public Status Reserve(CycleState state, PodInfo pod, string nodeName)
    {
        if (state.Find(Key) is not { } own || !own.ByNode.TryGetValue(nodeName, out var volumes) || volumes is { Static.Count: 0, Provisions.Count: 0 })
        {
            return Status.Success;
        }

        own.Assumed = binder.Assume(volumes, nodeName, out var conflict);
        return own.Assumed is null ? Status.Error(conflict) : Status.Success;
    }

    public void Unreserve(CycleState state, PodInfo pod, string nodeName)
    {
        if (state.Find(Key) is { Assumed: { } assumed } own)
        {
            binder.Restore(assumed);
            own.Assumed = null;
        }
    }

    public Status PreBindPreFlight(CycleState state, PodInfo pod, string nodeName) =>
        state.Find(Key)?.Assumed is null ? Status.Skip : Status.Success;

    public Task<Status> PreBindAsync(CycleState state, PodInfo pod, string nodeName, CancellationToken cancellationToken) =>
        state.Find(Key)?.Assumed is { } assumed ? binder.BindAsync(pod, assumed, nodeName, cancellationToken) : Task.FromResult(Status.Success);

    private static string? WhyUnusable(PodInfo pod, PersistentVolumeClaim? claim, string name, bool isEphemeral)
    {
        if (claim is null)
        {
            return isEphemeral ? $"waiting for ephemeral volume controller to create the persistentvolumeclaim \"{name}\"" : $"persistentvolumeclaim \"{name}\" not found";
        }

        if (claim.Status?.Phase == "Lost")
        {
            return $"persistentvolumeclaim \"{name}\" bound to non-existent persistentvolume \"{claim.Spec.VolumeName}\"";
        }

        if (claim.Metadata.DeletionTimestamp is not null)
        {
            return $"persistentvolumeclaim \"{name}\" is being deleted";
        }

        return isEphemeral ? PodClaims.WhyNotOf(pod.Pod, claim) : null;
    }

    private bool IsDelayed(PersistentVolumeClaim claim) =>
        stores.Classes.Get(null, ClaimFacts.ClassOf(claim)) is { VolumeBindingMode: WaitForFirstConsumer };

    private static QueueingHint HasOtherTopologies(PodInfo pod, object? before, object? after) =>
        before is StorageClass old && after is StorageClass changed && old.AllowedTopologies.Equals(changed.AllowedTopologies) ? QueueingHint.Skip : QueueingHint.Queue;

    private static QueueingHint HasMoreRoom(PodInfo pod, object? before, object? after)
    {
        if (before is not CSIStorageCapacity old || after is not CSIStorageCapacity changed)
        {
            return QueueingHint.Queue;
        }

        return ProvisionPlan.Limit(changed) is { } limit && (ProvisionPlan.Limit(old) is not { } was || limit > was) ? QueueingHint.Queue : QueueingHint.Skip;
    }

    /// <summary>A driver that no longer tells its capacities is taken to have room.</summary>
    private static QueueingHint StopsTracking(PodInfo pod, object? before, object? after) =>
        before is CSIDriver { Spec.StorageCapacity: true } && after is CSIDriver changed && !(changed.Spec?.StorageCapacity ?? false) ? QueueingHint.Queue : QueueingHint.Skip;
}
