using System.Numerics;

namespace NodeAgent.Kubelet.Topology;

/// <summary>A set of NUMA nodes, numbers 0 to 63.</summary>
internal readonly record struct NumaMask(ulong Bits)
{
    public static readonly NumaMask Empty = new(0);

    public int Count => BitOperations.PopCount(Bits);

    public IEnumerable<int> Nodes
    {
        get
        {
            for (var bits = Bits; bits != 0; bits &= bits - 1)
            {
                yield return BitOperations.TrailingZeroCount(bits);
            }
        }
    }

    /// <exception cref="ArgumentOutOfRangeException">A number is not between 0 and 63.</exception>
    public static NumaMask Of(IEnumerable<int> nodes) => new(nodes.Aggregate(0UL, (bits, node) => bits | Bit(node)));

    public bool Has(int node) => node is >= 0 and < 64 && (Bits & (1UL << node)) != 0;

    public bool HasAny(NumaMask other) => (Bits & other.Bits) != 0;

    public NumaMask And(NumaMask other) => new(Bits & other.Bits);

    public NumaMask Or(NumaMask other) => new(Bits | other.Bits);

    /// <summary>Fewer nodes, or as many and lower ones.</summary>
    public bool IsNarrowerThan(NumaMask other) => Count == other.Count ? Bits < other.Bits : Count < other.Count;

    /// <summary>Every set of one or more of the nodes; small sets before large ones, lower numbers first.</summary>
    public static IEnumerable<NumaMask> Combinations(IReadOnlyList<int> nodes)
    {
        for (var size = 1; size <= nodes.Count; size++)
        {
            foreach (var mask in Choose(nodes, 0, size))
            {
                yield return mask;
            }
        }
    }

    public override string ToString() => string.Join(',', Nodes);

    private static IEnumerable<NumaMask> Choose(IReadOnlyList<int> nodes, int from, int count)
    {
        if (count == 0)
        {
            yield return Empty;
            yield break;
        }

        for (var i = from; i <= nodes.Count - count; i++)
        {
            foreach (var rest in Choose(nodes, i + 1, count - 1))
            {
                yield return new NumaMask(rest.Bits | Bit(nodes[i]));
            }
        }
    }

    private static ulong Bit(int node)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(node);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(node, 63);
        return 1UL << node;
    }
}
