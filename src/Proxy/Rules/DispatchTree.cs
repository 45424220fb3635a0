using System.Globalization;
using System.Net;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Rules;

/// <summary>
/// Spreads the rules of one fixed chain over a tree of chains, so that a packet crosses some dozens of rules where there
/// are thousands. A node of the tree tests three bits: of the destination address, lowest first, because the API server
/// hands out addresses that differ there; below an address that has many ports, and for node ports, of the port, highest
/// first. Rules in the leaves still match everything, so a packet that fits no rule falls out of the tree where it came in.
/// </summary>
/// <remarks>
/// The tree depends on the set of entries only, never on the order in which they came, and an entry that comes or goes
/// changes its own leaf and at most the node above it.
/// </remarks>
internal sealed class DispatchTree
{
    private const int LeafSize = 12;
    private const int BitsPerLevel = 3;
    private const int Fanout = 1 << BitsPerLevel;
    private const int MaxChainNameLength = 28;

    private readonly ChainId _root;
    private readonly List<Chain> _chains = [];

    private DispatchTree(ChainId root) => _root = root;

    /// <summary>The rules of the fixed chain itself and the chains below it.</summary>
    public static (List<string> RootRules, List<Chain> Chains) Build(ChainId root, IEnumerable<DispatchEntry> entries)
    {
        var tree = new DispatchTree(root);
        var byAddress = new List<DispatchEntry>();
        var byPort = new List<DispatchEntry>();
        foreach (var entry in entries)
        {
            (entry.Destination is null ? byPort : byAddress).Add(entry);
        }

        byAddress.Sort(CompareEntries);
        byPort.Sort(CompareEntries);
        var rules = tree.ByAddress(byAddress, ChainNames.DispatchPrefix(root.Name, byPort: false));
        rules.AddRange(tree.ByPort(byPort, ChainNames.DispatchPrefix(root.Name, byPort: true)));
        return (rules, tree._chains);
    }

    /// <summary>
    /// Where a walk through the tree comes by an address: the lower, the earlier. Exact for as long as every three bits make a
    /// difference, which those of a cluster's addresses do once there are some hundred.
    /// </summary>
    public static ulong Place(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        var place = 0UL;
        for (var bit = 0; bit < Math.Min(bytes.Length * 8, 64 - BitsPerLevel); bit += BitsPerLevel)
        {
            place = (place << BitsPerLevel) | (uint)BitsAt(bytes, bit);
        }

        return place;
    }

    private static int CompareEntries(DispatchEntry a, DispatchEntry b)
    {
        var order = a.Port.CompareTo(b.Port);
        order = order != 0 ? order : a.Protocol.CompareTo(b.Protocol);
        return order != 0 ? order : string.CompareOrdinal(a.Rule, b.Rule);
    }

    private List<string> ByAddress(List<DispatchEntry> entries, string name)
    {
        if (entries.Count <= LeafSize || name.Length + 1 > MaxChainNameLength)
        {
            return RulesOf(entries);
        }

        var addresses = entries.ConvertAll(e => e.Destination!.GetAddressBytes());
        if (LowestDifferingBit(addresses) is not { } bit)
        {
            return ByPort(entries, name);
        }

        var children = new List<DispatchEntry>?[Fanout];
        for (var i = 0; i < entries.Count; i++)
        {
            (children[BitsAt(addresses[i], bit)] ??= []).Add(entries[i]);
        }

        return Descend(children, name, child => $"-d {BitMatch(addresses[0].Length, bit, child)}", ByAddress);
    }

    private List<string> ByPort(List<DispatchEntry> entries, string name)
    {
        var rules = new List<string>();
        foreach (var group in entries.GroupBy(e => e.Protocol).OrderBy(g => g.Key))
        {
            rules.AddRange(ByPort([.. group], name + group.Key.Text()[..1].ToUpperInvariant(), 0, 16));
        }

        return rules;
    }

    /// <param name="start">All ports here lie from this one on...</param>
    /// <param name="bits">...within a range of this many bits.</param>
    private List<string> ByPort(List<DispatchEntry> entries, string name, int start, int bits)
    {
        while (bits > 0 && entries.TrueForAll(e => ((e.Port ^ entries[0].Port) >> (bits - 1) & 1) == 0))
        {
            start |= entries[0].Port & (1 << (bits - 1));
            bits--;
        }

        if (entries.Count <= LeafSize || bits == 0 || name.Length + 1 > MaxChainNameLength)
        {
            return RulesOf(entries);
        }

        var childBits = Math.Max(bits - BitsPerLevel, 0);
        var children = new List<DispatchEntry>?[Fanout];
        foreach (var entry in entries)
        {
            (children[(entry.Port - start) >> childBits] ??= []).Add(entry);
        }

        var protocol = entries[0].Protocol.Text();
        return Descend(
            children,
            name,
            child =>
            {
                var low = start + (child << childBits);
                var high = low + (1 << childBits) - 1;
                var ports = low == high ? Text(low) : $"{Text(low)}:{Text(high)}";
                return $"-p {protocol} -m {protocol} --dport {ports}";
            },
            (childEntries, childName) => ByPort(childEntries, childName, start + ((childName[^1] - '0') << childBits), childBits));
    }

    private List<string> Descend(List<DispatchEntry>?[] children, string name, Func<int, string> match, Func<List<DispatchEntry>, string, List<string>> build)
    {
        var rules = new List<string>();
        for (var child = 0; child < children.Length; child++)
        {
            if (children[child] is not { } entries)
            {
                continue;
            }

            var chain = new ChainId(_root.Table, name + Text(child));
            _chains.Add(new Chain(chain, build(entries, chain.Name)));
            rules.Add($"{match(child)} -j {chain.Name}");
        }

        return rules;
    }

    private static List<string> RulesOf(List<DispatchEntry> entries) => entries.ConvertAll(e => e.Rule);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int? LowestDifferingBit(List<byte[]> addresses)
    {
        var length = addresses[0].Length;
        for (var i = length - 1; i >= 0; i--)
        {
            var differing = 0;
            foreach (var address in addresses)
            {
                differing |= address[i] ^ addresses[0][i];
            }

            if (differing != 0)
            {
                return ((length - 1 - i) * 8) + int.TrailingZeroCount(differing);
            }
        }

        return null;
    }

    /// <summary>The three bits from <paramref name="bit"/> up, bit 0 being the lowest of the address.</summary>
    private static int BitsAt(byte[] address, int bit)
    {
        var value = 0;
        for (var i = 0; i < BitsPerLevel && bit + i < address.Length * 8; i++)
        {
            var position = bit + i;
            value |= (address[address.Length - 1 - (position / 8)] >> (position % 8) & 1) << i;
        }

        return value;
    }

    private static string BitMatch(int length, int bit, int value)
    {
        var address = new byte[length];
        var mask = new byte[length];
        var bits = Math.Min(BitsPerLevel, (length * 8) - bit);
        for (var i = 0; i < bits; i++)
        {
            var position = bit + i;
            var index = length - 1 - (position / 8);
            mask[index] |= (byte)(1 << (position % 8));
            address[index] |= (byte)((value >> i & 1) << (position % 8));
        }

        var reachesTop = bit + bits == length * 8;
        return reachesTop ? $"{new IPAddress(address)}/{Text(bits)}" : $"{new IPAddress(address)}/{new IPAddress(mask)}";
    }
}
