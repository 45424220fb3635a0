using System.Collections.Immutable;
using NodeAgent.Kubelet.Cpus;
using NodeAgent.Kubelet.Devices;
using NodeAgent.Kubelet.DynamicResources;
using NodeAgent.Kubelet.NumaMemory;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Schemas.PodResources;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.PodResources;

/// <summary>What containers have of the node for themselves, in the messages of the pod-resources API.</summary>
/// <param name="claims">Null when there are none.</param>
/// <param name="cpus">Null when containers do not get CPUs for themselves.</param>
internal sealed class PodResourcesView(DeviceInventory inventory, DeviceLedger ledger, CpuManager? cpus, ClaimManager? claims)
{
    /// <summary>Null when containers do not get memory of certain NUMA nodes.</summary>
    public MemoryManager? Memory { get; init; }

    /// <summary>Main containers and sidecars: others do not keep what they have.</summary>
    public Schemas.PodResources.PodResources Of(Pod pod)
    {
        var result = new Schemas.PodResources.PodResources { Name = pod.Metadata.Name, Namespace = pod.Metadata.Namespace };
        result.Containers.AddRange(pod.Spec.InitContainers.Where(c => c.IsSidecar()).Concat(pod.Spec.Containers).Select(c => Of(pod, c)));
        return result;
    }

    /// <summary>What containers can have, taken or not.</summary>
    public AllocatableResourcesResponse Allocatable()
    {
        var answer = new AllocatableResourcesResponse();
        foreach (var (name, resource) in inventory.Resources)
        {
            answer.Devices.AddRange(resource.Healthy.SelectMany(id => Device(name, id, resource.Devices[id].Topology?.Nodes.Select(n => n.ID))));
        }

        answer.Memory.AddRange((Memory?.State.Empty ?? ImmutableSortedDictionary<int, MemoryNode>.Empty)
            .SelectMany(n => n.Value.Tables.Where(t => t.Value.Allocatable > 0).Select(t => Block(new MemoryBlock(NumaMask.Of([n.Key]), t.Key, t.Value.Allocatable)))));
        answer.CpuIds.AddRange((cpus?.Allocatable ?? CpuSet.Empty).Select(c => (long)c));
        return answer;
    }

    private ContainerResources Of(Pod pod, Container container)
    {
        var result = new ContainerResources { Name = container.Name };
        foreach (var assignment in ledger.Of(pod.Uid(), container.Name).OrderBy(a => a.Resource, StringComparer.Ordinal))
        {
            result.Devices.AddRange(assignment.Ids.SelectMany(id => Device(assignment.Resource, id, assignment.ByNode.Where(n => n.Key != DeviceAssignment.NoNode && n.Value.Contains(id)).Select(n => n.Key))));
        }

        result.Memory.AddRange((Memory?.State.Of(pod.Uid(), container.Name) ?? []).Select(Block));
        result.DynamicResources.AddRange(Dynamic(pod, container));
        result.CpuIds.AddRange((cpus?.State.Of(pod.Uid(), container.Name) ?? CpuSet.Empty).Select(c => (long)c));
        return result;
    }

    private IEnumerable<DynamicResource> Dynamic(Pod pod, Container container)
    {
        var names = container.Resources?.Claims.Select(c => c.Name).ToHashSet() ?? [];
        foreach (var claim in pod.Spec.ResourceClaims.Where(c => names.Contains(c.Name)).Select(c => PodClaims.NameOf(pod, c)).OfType<string>())
        {
            if (claims?.Find(pod.Metadata.Namespace, claim) is { } prepared)
            {
                var entry = new DynamicResource { ClaimName = prepared.Name, ClaimNamespace = prepared.Namespace };
                entry.ClaimResources.AddRange(prepared.Drivers.SelectMany(d => d.Value.Select(v => Resource(d.Key, v))));
                yield return entry;
            }
        }
    }

    private static ContainerMemory Block(MemoryBlock block)
    {
        var memory = new ContainerMemory { MemoryType = block.Type, Size = (ulong)block.Size, Topology = new TopologyInfo() };
        memory.Topology.Nodes.AddRange(block.Nodes.Nodes.Select(n => new NUMANode { ID = n }));
        return memory;
    }

    private static ClaimResource Resource(string driver, PreparedDevice device)
    {
        var resource = new ClaimResource { DriverName = driver, PoolName = device.Pool, DeviceName = device.Name };
        resource.CdiDevices.AddRange(device.CdiIds.Select(id => new CDIDevice { Name = id }));
        if (device.ShareId is { } share)
        {
            resource.ShareId = share;
        }

        return resource;
    }

    /// <summary>One entry for each NUMA node that the device belongs to, and one when it belongs to none, as upstream has it.</summary>
    private static IEnumerable<ContainerDevices> Device(string resource, string id, IEnumerable<long>? nodes)
    {
        var places = nodes?.ToList() ?? [];
        return places.Count == 0
            ? [new ContainerDevices { ResourceName = resource, DeviceIds = { id } }]
            : places.Select(node => new ContainerDevices { ResourceName = resource, DeviceIds = { id }, Topology = new TopologyInfo { Nodes = { new NUMANode { ID = node } } } });
    }
}
