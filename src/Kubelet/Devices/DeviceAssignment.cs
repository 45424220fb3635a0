using System.Collections.Immutable;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Schemas.Devices;

namespace NodeAgent.Kubelet.Devices;

/// <summary>The devices of one resource that one container has.</summary>
/// <param name="ByNode">Ids by NUMA node; those without a place under <see cref="NoNode"/>. A device of several nodes stands under each.</param>
/// <param name="Response">What the plugin said when they were given.</param>
internal sealed record DeviceAssignment(PodUid Pod, string Container, string Resource, ImmutableSortedDictionary<long, ImmutableArray<string>> ByNode, ContainerAllocateResponse Response)
{
    public const long NoNode = -1;

    public ImmutableSortedSet<string> Ids => ByNode.Values.SelectMany(i => i).ToImmutableSortedSet(StringComparer.Ordinal);

    public static DeviceAssignment Of(PodUid pod, string container, DeviceResource resource, string name, IEnumerable<string> ids, ContainerAllocateResponse response)
    {
        var byNode = ids
            .SelectMany(id => resource.NodesOf(id) is { Count: > 0 } nodes ? nodes.Nodes.Select(n => (Node: (long)n, Id: id)) : [(NoNode, id)])
            .GroupBy(p => p.Node)
            .ToImmutableSortedDictionary(g => g.Key, g => g.Select(p => p.Id).ToImmutableArray());
        return new DeviceAssignment(pod, container, name, byNode, response);
    }
}
