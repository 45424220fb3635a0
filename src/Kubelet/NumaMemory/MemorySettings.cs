using NodeAgent.KubeApi.Meta;
using NodeAgent.Kubelet.Config;
using NodeAgent.Kubelet.Node;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.NumaMemory;

/// <summary>What the configuration says of memory on NUMA nodes.</summary>
internal static class MemorySettings
{
    /// <param name="errors">Told what cannot be.</param>
    public static void Check(KubeletConfiguration config, List<string> errors)
    {
        if (config.MemoryManagerPolicy is not ("None" or MemoryManager.Policy))
        {
            errors.Add($"memoryManagerPolicy: \"{config.MemoryManagerPolicy}\" is neither None nor Static");
        }

        foreach (var twice in config.ReservedMemory.GroupBy(r => r.NumaNode).Where(g => g.Count() > 1))
        {
            errors.Add($"reservedMemory: NUMA node {twice.Key} is given more than once");
        }

        foreach (var (name, _) in config.ReservedMemory.SelectMany(r => r.Limits).Where(l => l.Key != ResourceAmounts.Memory && !l.Key.StartsWith("hugepages-", StringComparison.Ordinal)))
        {
            errors.Add($"reservedMemory: \"{name}\" is neither memory nor hugepages");
        }
    }

    /// <summary>Bytes by NUMA node and kind of memory, for the system and the kubelet.</summary>
    /// <exception cref="InvalidDataException">It is not as much as the node as a whole reserves, or is on a node that the host does not have.</exception>
    public static Dictionary<int, Dictionary<string, long>> Reserved(KubeletConfiguration config, HostTopology host, long memoryBytes)
    {
        foreach (var entry in config.ReservedMemory.Where(e => !host.NodeMemory.ContainsKey(e.NumaNode)))
        {
            throw new InvalidDataException($"reservedMemory: the reserved memory configuration references a NUMA node {entry.NumaNode} that does not exist on this machine");
        }

        var reserved = config.ReservedMemory.ToDictionary(e => e.NumaNode, e => e.Limits.ToDictionary(l => l.Key, l => ResourceAmounts.Units(new Quantity { String = l.Value.Text })));
        var ofNode = new Dictionary<string, long> { [ResourceAmounts.Memory] = NodeResources.Threshold(config, "memory.available", memoryBytes) };
        foreach (var (name, amount) in config.SystemReserved.Concat(config.KubeReserved).Where(r => r.Key == ResourceAmounts.Memory || r.Key.StartsWith("hugepages-", StringComparison.Ordinal)))
        {
            ofNode[name] = ofNode.GetValueOrDefault(name) + ResourceAmounts.Units(new Quantity { String = amount.Text });
        }

        foreach (var type in ofNode.Keys.Union(reserved.Values.SelectMany(r => r.Keys)))
        {
            var (whole, sum) = (ofNode.GetValueOrDefault(type), reserved.Values.Sum(r => r.GetValueOrDefault(type)));
            if (whole != sum)
            {
                throw new InvalidDataException($"reservedMemory: the total amount \"{sum}\" of type \"{type}\" is not equal to the value \"{whole}\" determined by Node Allocatable feature (systemReserved, kubeReserved and evictionHard together)");
            }
        }

        return reserved;
    }
}
