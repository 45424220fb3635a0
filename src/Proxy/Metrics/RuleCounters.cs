using System.Globalization;
using NodeAgent.Proxy.Rules;

namespace NodeAgent.Proxy.Metrics;

/// <summary>
/// Adds up what <c>iptables-save -c</c> says of one family's rules. The nat table sees the first packet of a connection only,
/// so the packets of a rule that dispatches to a Service are its connections.
/// </summary>
internal sealed class RuleCounters
{
    private const string CommentOption = "--comment ";
    private static readonly string[] TargetsOfServices = ["-j KUBE-SVC-", "-j KUBE-SVL-", "-j KUBE-EXT-", "-j KUBE-FW-"];

    /// <summary>By <c>namespace/name:port</c> as rules have it.</summary>
    public Dictionary<string, long> Connections { get; } = new(StringComparer.Ordinal);

    /// <summary>Packets refused because their Service has no endpoint.</summary>
    public long Rejected { get; private set; }

    /// <summary>Packets dropped because their Service has endpoints on other nodes only.</summary>
    public long Dropped { get; private set; }

    /// <summary>Packets dropped because the connection table cannot place them.</summary>
    public long Invalid { get; private set; }

    /// <summary>First packets of connections to node ports on localhost.</summary>
    public long LocalhostNodePorts { get; private set; }

    public void Add(Table table, string line)
    {
        if (!TrySplit(line, out var packets, out var chain, out var rule) || packets == 0)
        {
            return;
        }

        if (table == Table.Filter)
        {
            AddFilter(packets, chain, rule);
        }
        else if (rule.SequenceEqual(BaseRules.LocalhostNodePortsCounter))
        {
            LocalhostNodePorts += packets;
        }
        else if (IsDispatch(chain) && ServiceOf(rule) is { } service)
        {
            Connections[service] = Connections.GetValueOrDefault(service) + packets;
        }
    }

    private void AddFilter(long packets, ReadOnlySpan<char> chain, ReadOnlySpan<char> rule)
    {
        if (chain.SequenceEqual(ChainNames.Forward))
        {
            Invalid += rule.Contains("--ctstate INVALID", StringComparison.Ordinal) ? packets : 0;
        }
        else if (rule.Contains(" has no endpoints\"", StringComparison.Ordinal))
        {
            Rejected += packets;
        }
        else if (rule.Contains(" has no local endpoints\"", StringComparison.Ordinal))
        {
            Dropped += packets;
        }
    }

    private static bool IsDispatch(ReadOnlySpan<char> chain) =>
        chain.SequenceEqual(ChainNames.Services)
        || chain.SequenceEqual(ChainNames.NodePorts)
        || chain.Contains("-BY-", StringComparison.Ordinal)
        || chain.Contains("-TO-", StringComparison.Ordinal);

    /// <summary>The first word of the comment of a rule that dispatches to a Service's chain; rules between chains of the tree have no comment.</summary>
    private static string? ServiceOf(ReadOnlySpan<char> rule)
    {
        var comment = rule.IndexOf(CommentOption, StringComparison.Ordinal);
        if (comment < 0 || !IsToService(rule))
        {
            return null;
        }

        var text = rule[(comment + CommentOption.Length)..].TrimStart('"');
        var end = text.IndexOfAny(' ', '"');
        return end < 0 ? text.ToString() : text[..end].ToString();
    }

    private static bool IsToService(ReadOnlySpan<char> rule)
    {
        foreach (var target in TargetsOfServices)
        {
            if (rule.Contains(target, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary><c>[packets:bytes] -A CHAIN rule</c>.</summary>
    private static bool TrySplit(ReadOnlySpan<char> line, out long packets, out ReadOnlySpan<char> chain, out ReadOnlySpan<char> rule)
    {
        packets = 0;
        chain = rule = default;
        if (line.IsEmpty || line[0] != '[')
        {
            return false;
        }

        var colon = line.IndexOf(':');
        var start = line.IndexOf(" -A ", StringComparison.Ordinal);
        if (colon < 0 || start < 0 || !long.TryParse(line[1..colon], NumberStyles.None, CultureInfo.InvariantCulture, out packets))
        {
            return false;
        }

        var rest = line[(start + 4)..];
        var space = rest.IndexOf(' ');
        chain = space < 0 ? rest : rest[..space];
        rule = space < 0 ? [] : rest[(space + 1)..];
        return true;
    }
}
