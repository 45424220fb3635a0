using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Informers;
using NodeAgent.KubeApi.Resource.V1;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;
using NodeAgent.Scheduler.Plugins.DynamicResources.Cel;
using ResourceClaim = NodeAgent.KubeApi.Resource.V1.ResourceClaim;

namespace NodeAgent.Scheduler.Plugins.DynamicResources;

/// <summary>Chooses devices for the resource claims of pods, and with them the nodes.</summary>
/// <param name="ledger">Null where the API server has no claims.</param>
internal sealed class DynamicResourcesPlugin(AllocationLedger? ledger, IStore<ResourceSlice> slices, IStore<DeviceClass> classes, ClaimWriter writer)
    : IPreEnqueuePlugin, IPreFilterPlugin, IFilterPlugin, IReservePlugin, IPreBindPlugin, IEventInterests
{
    private const int MaxConsumers = 256;

    private static readonly StateKey<DynamicResourcesState> Key = new("dynamic resources");
    private static readonly Status NotThere = Status.Unresolvable("resourceclaim not available on the node");
    private static readonly Status NothingLeft = Status.Unresolvable("cannot allocate all claims");
    private static readonly Status NotServed = Status.Unresolvable("resource claims need an API server with resource.k8s.io/v1");
    private static readonly Status InUse = Status.Unresolvable("resourceclaim in use");

    public string Name => PluginNames.DynamicResources;

    public IReadOnlyList<EventInterest> Interests { get; } =
    [
        new(new ClusterEvent(EventResource.ResourceClaim, ActionType.Add | ActionType.Update | ActionType.Delete), IsOwnOrFreesDevices),
        new(new ClusterEvent(EventResource.Pod, ActionType.UpdatePodGeneratedResourceClaim), OwnUpdate.Hint),
        new(new ClusterEvent(EventResource.DeviceClass, ActionType.Add | ActionType.Update)),
        new(new ClusterEvent(EventResource.ResourceSlice, ActionType.Add | ActionType.Update)),
        new(new ClusterEvent(EventResource.Node, ActionType.Add | ActionType.UpdateNodeLabel)),
    ];

    public Status PreEnqueue(PodInfo pod) =>
        pod.Pod.Spec.ResourceClaims.Count == 0 || ledger is null || PodResourceClaims.Find(pod.Pod, ledger.Claims, out var reason) is not null ? Status.Success : Status.Unresolvable(reason);

    public PreFilterResult PreFilter(CycleState state, PodInfo pod, INodeTable nodes)
    {
        if (pod.Pod.Spec.ResourceClaims.Count == 0)
        {
            return PreFilterResult.Skip;
        }

        if (ledger is null)
        {
            return new PreFilterResult(NotServed);
        }

        if (PodResourceClaims.Find(pod.Pod, ledger.Claims, out var reason) is not { } claims)
        {
            return new PreFilterResult(Status.Unresolvable(reason));
        }

        var open = new List<ClaimWishes>();
        foreach (var claim in claims)
        {
            if (ledger.IsInFlight(claim))
            {
                return new PreFilterResult(Status.Unresolvable($"resource claim {claim.Metadata.Namespace}/{claim.Metadata.Name} is in the process of being allocated"));
            }

            if (claim.Status?.Allocation is not null)
            {
                if (claim.Status.ReservedFor.Count >= MaxConsumers && !claim.Status.ReservedFor.Any(r => r.Uid == pod.Uid))
                {
                    return new PreFilterResult(InUse);
                }

                continue;
            }

            try
            {
                open.Add(ClaimWishes.Read(claim, classes));
            }
            catch (CelException e)
            {
                return new PreFilterResult(Status.Unresolvable(e.Message));
            }
        }

        state.Write(Key, new DynamicResourcesState(
            [.. claims.Where(c => c.Status?.Allocation is not null)],
            open,
            new DeviceInventory(open.Count > 0 ? slices.List() : []),
            open.Count > 0 ? ledger.Taken() : new HashSet<DeviceKey>()));
        return claims.Count == 0 ? PreFilterResult.Skip : PreFilterResult.Success;
    }

    public void Filter(CycleState state, PodInfo pod, NodeFilter nodes)
    {
        var own = state.Read(Key);
        foreach (var slot in nodes.Feasible)
        {
            var node = nodes.Table[slot].Node;
            if (own.Allocated.Any(c => c.Status.Allocation.NodeSelector is { } selector && !DeviceInventory.Matches(selector, node)))
            {
                nodes.Reject(slot, NotThere);
            }
            else if (own.Open.Count > 0 && Allocate(own, node) is { } refusal)
            {
                nodes.Reject(slot, refusal);
            }
        }
    }

    public Status Reserve(CycleState state, PodInfo pod, string nodeName)
    {
        if (state.Find(Key) is not { } own)
        {
            return Status.Success;
        }

        var reserved = new List<(ResourceClaim Claim, AllocationResult? Allocation)>();
        reserved.AddRange(own.Allocated.Where(c => !c.Status.ReservedFor.Any(r => r.Uid == pod.Uid)).Select(c => (c, (AllocationResult?)null)));
        for (var i = 0; i < own.Open.Count; i++)
        {
            var allocation = own.ByNode[nodeName][i];
            ledger!.Begin(own.Open[i].Claim, allocation);
            reserved.Add((own.Open[i].Claim, allocation));
        }

        own.Reserved = reserved;
        return Status.Success;
    }

    public void Unreserve(CycleState state, PodInfo pod, string nodeName)
    {
        foreach (var (claim, allocation) in state.Find(Key)?.Reserved ?? [])
        {
            if (allocation is not null)
            {
                ledger!.Release(claim);
            }
        }
    }

    public Status PreBindPreFlight(CycleState state, PodInfo pod, string nodeName) =>
        state.Find(Key) is { Reserved.Count: > 0 } ? Status.Success : Status.Skip;

    public async Task<Status> PreBindAsync(CycleState state, PodInfo pod, string nodeName, CancellationToken cancellationToken)
    {
        foreach (var (claim, allocation) in state.Read(Key).Reserved)
        {
            await writer.WriteAsync(claim, allocation, pod, cancellationToken);
            if (allocation is not null)
            {
                ledger!.MarkWritten(claim);
            }
        }

        return Status.Success;
    }

    private static Status? Allocate(DynamicResourcesState own, Node node)
    {
        try
        {
            if (new DeviceAllocator(own.Open, own.Inventory.On(node), own.Taken).Allocate() is not { } picks)
            {
                return NothingLeft;
            }

            own.ByNode[node.Metadata.Name] = [.. own.Open.Select(c => Allocations.ToResult(c, picks, node))];
            return null;
        }
        catch (CelException e)
        {
            return Status.Unresolvable($"device selector: {e.Message}");
        }
    }

    private static QueueingHint IsOwnOrFreesDevices(PodInfo pod, object? before, object? after)
    {
        if (after is ResourceClaim changed && PodResourceClaims.Uses(pod.Pod, changed))
        {
            return QueueingHint.Queue;
        }

        return before is ResourceClaim { Status.Allocation: not null } && (after as ResourceClaim)?.Status?.Allocation is null ? QueueingHint.Queue : QueueingHint.Skip;
    }
}
