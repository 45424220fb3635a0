using System.Collections.Immutable;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Stats;

namespace NodeAgent.Kubelet.Eviction;

/// <summary>What a pod uses, as far as eviction looks at it.</summary>
/// <param name="Memory">The working set of all containers, in bytes.</param>
/// <param name="Disk">Writable layers, logs and local volumes, in bytes; 0 when it was not measured.</param>
/// <param name="Inodes">Of the same; 0 when it was not measured.</param>
/// <param name="Processes">0 when it is not known.</param>
internal sealed record PodUse(Pod Pod, long Memory, long Disk, long Inodes, long Processes, ImmutableArray<ContainerUse> Containers)
{
    public long MemoryRequest => PodResourceSums.Requests(Pod).GetValueOrDefault(ResourceAmounts.Memory);

    public long DiskRequest => PodResourceSums.Requests(Pod).GetValueOrDefault(ResourceAmounts.EphemeralStorage);

    /// <param name="usage">Null for a pod of which nothing runs.</param>
    /// <param name="disk">Null when its files were not added up.</param>
    public static PodUse Of(Pod pod, PodUsage? usage, PodDisk? disk)
    {
        disk ??= new PodDisk();
        var memory = (usage?.Containers ?? []).ToDictionary(c => c.Name, c => (long)c.Sample.WorkingSet);
        var files = disk.Ephemeral;
        var containers = memory.Keys.Union(disk.Rootfs.Keys).Union(disk.Logs.Keys).Order(StringComparer.Ordinal)
            .Select(name => new ContainerUse(name, memory.GetValueOrDefault(name), disk.OfContainer(name)));
        return new PodUse(
            pod,
            memory.Values.Sum(),
            files.Sum(f => (long)f.UsedBytes),
            files.Sum(f => (long)f.InodesUsed),
            usage?.Containers.Sum(c => c.Processes.Count) ?? 0,
            [.. containers]);
    }
}
