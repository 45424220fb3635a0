using System.Collections.Immutable;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Eviction;

/// <summary>What a pod uses.</summary>
/// <param name="Memory">The working set of all containers, in bytes.</param>
/// <param name="Disk">Writable layers, logs and local volumes, in bytes; 0 when it was not measured.</param>
/// <param name="Inodes">Of the same; 0 when it was not measured.</param>
/// <param name="Processes">0 when it is not known.</param>
internal sealed record PodUsage(Pod Pod, long Memory, long Disk, long Inodes, long Processes, ImmutableArray<ContainerUse> Containers)
{
    public static PodUsage Nothing(Pod pod) => new(pod, 0, 0, 0, 0, []);

    public long MemoryRequest => PodResourceSums.Requests(Pod).GetValueOrDefault(ResourceAmounts.Memory);

    public long DiskRequest => PodResourceSums.Requests(Pod).GetValueOrDefault(ResourceAmounts.EphemeralStorage);
}
