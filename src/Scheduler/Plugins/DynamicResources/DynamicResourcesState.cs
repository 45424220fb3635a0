using NodeAgent.KubeApi.Resource.V1;

namespace NodeAgent.Scheduler.Plugins.DynamicResources;

/// <summary>What DynamicResources knows of one attempt.</summary>
internal sealed record DynamicResourcesState(IReadOnlyList<ResourceClaim> Allocated, IReadOnlyList<ClaimWishes> Open, DeviceInventory Inventory, IReadOnlySet<DeviceKey> Taken, CapacityUse Use)
{
    /// <summary>Of a pod that has no claims.</summary>
    public static DynamicResourcesState Nothing { get; } = new([], [], new DeviceInventory([]), new HashSet<DeviceKey>(), new CapacityUse([]));

    /// <summary>Claims whose devices cannot be reached from a node that was looked at.</summary>
    public HashSet<ResourceClaim> Elsewhere { get; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>What is left of counters that devices share, beside what is taken.</summary>
    public CounterBudget Budget { get; } = Inventory.Budget(key => Taken.Contains(key) || Use.IsUsed(key));

    /// <summary>By node, what the open claims would get there.</summary>
    public Dictionary<string, IReadOnlyList<AllocationResult>> ByNode { get; } = new(StringComparer.Ordinal);

    /// <summary>After Reserve: claims and the allocations that are to be written; null for those that have theirs.</summary>
    public IReadOnlyList<(ResourceClaim Claim, AllocationResult? Allocation)> Reserved { get; set; } = [];
}
