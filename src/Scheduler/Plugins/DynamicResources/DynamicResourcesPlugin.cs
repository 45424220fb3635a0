using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Events;
using NodeAgent.KubeApi.Informers;
using NodeAgent.KubeApi.Objects;
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
internal sealed class DynamicResourcesPlugin(AllocationLedger? ledger, IStore<ResourceSlice> slices, IStore<DeviceClass> classes, ClaimWriter writer, DynamicResourcesArgs args, IEventRecorder recorder, TimeProvider time)
    : IPreEnqueuePlugin, IPreFilterPlugin, IFilterPlugin, IPostFilterPlugin, IPreScorePlugin, IScorePlugin, IReservePlugin, IPreBindPlugin, IEventInterests
{
    private const int MaxConsumers = 256;

    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(500);

    /// <summary>The most alternatives that a request can have.</summary>
    private const int MaxAlternatives = 8;

    private static readonly StateKey<DynamicResourcesState> Key = new("dynamic resources");
    private static readonly Status NotThere = Status.Unresolvable("resourceclaim not available on the node");
    private static readonly Status NothingLeft = Status.Unresolvable("cannot allocate all claims");
    private static readonly Status NotServed = Status.Unresolvable("resource claims need an API server with resource.k8s.io/v1");
    private static readonly Status InUse = Status.Unresolvable("resourceclaim in use");

    public string Name => PluginNames.DynamicResources;

    /// <summary>For the requests, and for the devices to become ready.</summary>
    public TimeSpan Timeout => args.BindingTimeout + TimeSpan.FromMinutes(1);

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
            state.Write(Key, DynamicResourcesState.Nothing);
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

        var (taken, use) = open.Count > 0 ? ledger.Read() : ([], new CapacityUse([]));
        state.Write(Key, new DynamicResourcesState([.. claims.Where(c => c.Status?.Allocation is not null)], open, new DeviceInventory(open.Count > 0 ? slices.List() : []), taken, use));
        return claims.Count == 0 ? PreFilterResult.Skip : PreFilterResult.Success;
    }

    public void Filter(CycleState state, PodInfo pod, NodeFilter nodes)
    {
        var own = state.Read(Key);
        foreach (var slot in nodes.Feasible)
        {
            var node = nodes.Table[slot].Node;
            if (own.Allocated.Where(c => !IsAvailable(c, node)).ToList() is { Count: > 0 } elsewhere)
            {
                own.Elsewhere.UnionWith(elsewhere);
                nodes.Reject(slot, NotThere);
            }
            else if (own.Open.Count > 0 && Allocate(own, node) is { } refusal)
            {
                nodes.Reject(slot, refusal);
            }
        }
    }

    /// <summary>Gives back the devices of a claim that nobody uses and that keeps the pod from other nodes. What it says stands in the event of every pod that fits nowhere: it is upstream's.</summary>
    public PostFilterResult PostFilter(CycleState state, PodInfo pod, IAttempt attempt)
    {
        if (state.Find(Key) is not { } own)
        {
            return new PostFilterResult(Status.Error("not found"));
        }

        if (own.Open.Count + own.Allocated.Count == 0)
        {
            return new PostFilterResult(Status.Unschedulable("no new claims to deallocate"));
        }

        if (own.Elsewhere.FirstOrDefault(c => c.Status.ReservedFor.All(r => r.Uid == pod.Uid) && c.Status.ReservedFor.Count <= 1) is not { } idle)
        {
            return new PostFilterResult(Status.Unschedulable("still not schedulable"));
        }

        writer.StartDeallocating(idle);
        return new PostFilterResult(Status.Unschedulable("deallocation of ResourceClaim completed"));
    }

    public Status PreScore(CycleState state, PodInfo pod, INodeTable nodes, NodeSet feasible) =>
        state.Find(Key) is { } own && own.Open.Count + own.Allocated.Count > 0 ? Status.Success : Status.Skip;

    /// <summary>The earlier in its list an alternative is that a node has the devices for, the better; claims without alternatives do not count.</summary>
    public Status Score(CycleState state, PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores)
    {
        var own = state.Read(Key);
        var allocated = own.Allocated.Sum(c => ScoreOf(c, c.Status.Allocation));
        for (var i = 0; i < slots.Length; i++)
        {
            scores[i] = allocated;
            if (own.ByNode.TryGetValue(nodes[slots[i]].Name, out var results))
            {
                scores[i] += own.Open.Select((c, n) => ScoreOf(c.Claim, results[n])).Sum();
            }
        }

        return Status.Success;
    }

    public Status Normalize(CycleState state, PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores)
    {
        Scores.NormalizeByMax(scores, reverse: false);
        return Status.Success;
    }

    public Status Reserve(CycleState state, PodInfo pod, string nodeName)
    {
        if (state.Find(Key) is not { } own || own.Open.Count + own.Allocated.Count == 0)
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

        return await WaitForDevicesAsync(state.Read(Key), pod, nodeName, cancellationToken);
    }

    /// <summary>Until the binding conditions of all devices have come true, as the informer shows them.</summary>
    private async Task<Status> WaitForDevicesAsync(DynamicResourcesState own, PodInfo pod, string nodeName, CancellationToken cancellationToken)
    {
        var waiting = own.Reserved.Where(r => (r.Allocation is { } given && given.Devices.Results.Any(d => d.BindingConditions.Count > 0)) || BindingConditions.Has(r.Claim)).Select(r => r.Claim).ToList();
        if (waiting.Count > 0)
        {
            recorder.Record(pod.Pod.ToReference(), EventType.Normal, "BindingConditionsPending", $"waiting for binding conditions for device on node {nodeName}", "Scheduling");
        }

        while (true)
        {
            // One that the informer does not show with its devices yet is looked at later.
            waiting.RemoveAll(c => ledger!.Claims.Get(c.Metadata.Namespace, c.Metadata.Name) is { } now && now.Metadata.Uid == c.Metadata.Uid && now.Status?.Allocation is not null && BindingConditions.AreMet(now, args.BindingTimeout, time.GetUtcNow(), out _));
            foreach (var claim in waiting)
            {
                if (ledger!.Claims.Get(claim.Metadata.Namespace, claim.Metadata.Name) is not { Status.Allocation: not null } now)
                {
                    continue;
                }

                BindingConditions.AreMet(now, args.BindingTimeout, time.GetUtcNow(), out var failure);
                if (failure is not null)
                {
                    return Status.Error(failure);
                }
            }

            if (waiting.Count == 0)
            {
                return Status.Success;
            }

            await Task.Delay(LookPeriod, time, cancellationToken);
        }
    }

    private static long ScoreOf(ResourceClaim claim, AllocationResult allocation)
    {
        var taken = (allocation.Devices?.Results ?? []).Select(r => r.Request).ToHashSet(StringComparer.Ordinal);
        return (claim.Spec?.Devices?.Requests ?? []).Sum(request => request.FirstAvailable.Select((alternative, i) => taken.Contains($"{request.Name}/{alternative.Name}") ? (long)MaxAlternatives - i : 0).Sum());
    }

    /// <summary>On the node, and not given up: devices that could not be made ready are to be exchanged for others.</summary>
    private bool IsAvailable(ResourceClaim claim, Node node)
    {
        if (claim.Status.Allocation.NodeSelector is { } selector && !DeviceInventory.Matches(selector, node))
        {
            return false;
        }

        BindingConditions.AreMet(claim, args.BindingTimeout, time.GetUtcNow(), out var failure);
        return failure is null;
    }

    private Status? Allocate(DynamicResourcesState own, Node node)
    {
        var started = time.GetTimestamp();
        try
        {
            if (new DeviceAllocator(own.Open, own.Inventory.On(node), own.Taken, own.Budget.Copy(), own.Use.Copy(), () => args.FilterTimeout > TimeSpan.Zero && time.GetElapsedTime(started) > args.FilterTimeout).Allocate() is not { } picks)
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
        catch (TimeoutException)
        {
            return Status.Unresolvable("timed out trying to allocate devices");
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
