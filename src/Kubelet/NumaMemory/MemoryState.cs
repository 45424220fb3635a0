using System.Collections.Immutable;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.NumaMemory;

/// <summary>Which containers have memory on which NUMA nodes.</summary>
/// <param name="Empty">The nodes as they are without pods.</param>
/// <param name="Blocks">By pod and container.</param>
internal sealed record MemoryState(ImmutableSortedDictionary<int, MemoryNode> Empty, ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, ImmutableArray<MemoryBlock>>> Blocks)
{
    private ImmutableSortedDictionary<int, MemoryNode>? _nodes;

    /// <summary>The nodes with what is taken.</summary>
    public ImmutableSortedDictionary<int, MemoryNode> Nodes => _nodes ??= Blocks.Values.SelectMany(p => p.Values).SelectMany(b => b).Aggregate(Empty, Take);

    public static MemoryState Of(HostTopology host, IReadOnlyDictionary<int, Dictionary<string, long>> reserved)
    {
        var nodes = host.NodeMemory.ToImmutableSortedDictionary(n => n.Key, n =>
        {
            var huge = host.NodeHugePages.Where(p => p.Key.Node == n.Key).ToDictionary(p => Name(p.Key.PageSize), p => p.Value);
            var tables = huge.ToDictionary(h => h.Key, h => Table(h.Value, 0, Reserved(n.Key, h.Key)));
            tables[ResourceAmounts.Memory] = Table(n.Value, huge.Values.Sum(), Reserved(n.Key, ResourceAmounts.Memory));
            return new MemoryNode(0, NumaMask.Of([n.Key]), tables.ToImmutableSortedDictionary(StringComparer.Ordinal));
        });
        return new MemoryState(nodes, ImmutableSortedDictionary.Create<string, ImmutableSortedDictionary<string, ImmutableArray<MemoryBlock>>>(StringComparer.Ordinal));

        long Reserved(int node, string type) => reserved.TryGetValue(node, out var types) && types.TryGetValue(type, out var amount) ? amount : 0;

        static MemoryTable Table(long total, long huge, long reserved) => new(total, reserved, Math.Max(total - reserved - huge, 0), 0);
    }

    /// <summary>As resources name huge pages of the size.</summary>
    public static string Name(long pageSize)
    {
        const long Giga = 1024 * 1024 * 1024;
        return pageSize % Giga == 0 ? $"hugepages-{pageSize / Giga}Gi" : pageSize % (1024 * 1024) == 0 ? $"hugepages-{pageSize / 1024 / 1024}Mi" : $"hugepages-{pageSize / 1024}Ki";
    }

    public ImmutableArray<MemoryBlock>? Of(PodUid pod, string container) => Blocks.GetValueOrDefault(pod.Value) is { } containers && containers.TryGetValue(container, out var blocks) ? blocks : null;

    public MemoryState Give(PodUid pod, string container, ImmutableArray<MemoryBlock> blocks)
    {
        var containers = Blocks.GetValueOrDefault(pod.Value) ?? ImmutableSortedDictionary.Create<string, ImmutableArray<MemoryBlock>>(StringComparer.Ordinal);
        return new MemoryState(Empty, Blocks.SetItem(pod.Value, containers.SetItem(container, blocks)));
    }

    public MemoryState Release(PodUid pod) => new(Empty, Blocks.Remove(pod.Value));

    private static ImmutableSortedDictionary<int, MemoryNode> Take(ImmutableSortedDictionary<int, MemoryNode> nodes, MemoryBlock block)
    {
        var left = block.Size;
        foreach (var id in block.Nodes.Nodes.Where(nodes.ContainsKey))
        {
            var node = nodes[id];
            var tables = node.Tables;
            if (tables.TryGetValue(block.Type, out var table) && Math.Min(left, table.Free) is > 0 and var taken)
            {
                tables = tables.SetItem(block.Type, table with { Reserved = table.Reserved + taken });
                left -= taken;
            }

            nodes = nodes.SetItem(id, new MemoryNode(node.Assignments + 1, block.Nodes, tables));
        }

        return nodes;
    }
}
