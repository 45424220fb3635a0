using System.Collections.Immutable;

namespace NodeAgent.Kubelet.Topology;

/// <summary>The NUMA nodes of the host and how far they are from each other.</summary>
/// <param name="Distances">By node, to each node by number, as the firmware tells it; empty when it does not.</param>
internal sealed record NumaNodes(ImmutableArray<int> Ids, ImmutableSortedDictionary<int, ImmutableArray<int>> Distances)
{
    public NumaMask All => NumaMask.Of(Ids);

    public static NumaMask Narrowest(NumaMask left, NumaMask right) => left.IsNarrowerThan(right) ? left : right;

    /// <summary>Of sets of the same size that whose nodes are nearer to each other.</summary>
    public NumaMask Closest(NumaMask left, NumaMask right)
    {
        if (left.Count != right.Count)
        {
            return Narrowest(left, right);
        }

        var (l, r) = (AverageDistance(left), AverageDistance(right));
        return l == r ? left.Bits < right.Bits ? left : right : l < r ? left : right;
    }

    private double AverageDistance(NumaMask mask)
    {
        if (mask.Count == 0)
        {
            return 0;
        }

        return mask.Nodes.SelectMany(from => mask.Nodes.Select(to => Distances.TryGetValue(from, out var row) && to < row.Length ? row[to] : 0)).Average();
    }
}
