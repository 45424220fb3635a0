using NodeAgent.KubeApi.Resource.V1;

namespace NodeAgent.Scheduler.Plugins.DynamicResources;

/// <summary>What DynamicResources knows of one attempt.</summary>
internal sealed record DynamicResourcesState(IReadOnlyList<ResourceClaim> Allocated, IReadOnlyList<ClaimWishes> Open, DeviceInventory Inventory, IReadOnlySet<DeviceKey> Taken)
{
    /// <summary>By node, what the open claims would get there.</summary>
    public Dictionary<string, IReadOnlyList<AllocationResult>> ByNode { get; } = new(StringComparer.Ordinal);

    /// <summary>After Reserve: claims and the allocations that are to be written; null for those that have theirs.</summary>
    public IReadOnlyList<(ResourceClaim Claim, AllocationResult? Allocation)> Reserved { get; set; } = [];
}
