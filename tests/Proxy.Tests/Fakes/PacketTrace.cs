using System.Net;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Tests.Fakes;

/// <summary>A packet that opens a connection, as the rules see it.</summary>
/// <param name="From">Where the packet enters: PREROUTING when it comes from an interface, OUTPUT when the node itself sends it.</param>
internal sealed record Packet(string Source, string Destination, int Port, Protocol Protocol = Protocol.Tcp, string From = "PREROUTING", string Interface = "eth0");

/// <param name="Endpoints">Every endpoint that the packet can be sent to.</param>
/// <param name="Verdict">What the filter table does: ACCEPT, DROP or REJECT.</param>
/// <param name="MaxRules">The rules that were looked at in nat, on the longest way.</param>
internal sealed record TraceResult(IReadOnlySet<string> Endpoints, bool Masquerade, string Verdict, int MaxRules);

/// <summary>Sends packets through tables in memory. Random choices are all taken.</summary>
internal sealed class PacketTrace(FakeIptables iptables, params string[] nodeAddresses)
{
    public TraceResult Send(Packet packet)
    {
        var ends = new List<State>();
        Walk(iptables.Tables["nat"], packet.From, packet, new State(), ends);
        var dnat = ends.Where(e => e.Endpoint is not null).Select(e => e.Endpoint!).ToHashSet();
        var verdict = "ACCEPT";
        if (dnat.Count == 0)
        {
            var hooks = packet.From == "OUTPUT" ? new[] { "OUTPUT" } : IsLocal(packet.Destination) ? ["INPUT"] : ["FORWARD"];
            var filter = new List<State>();
            Walk(iptables.Tables["filter"], hooks[0], packet, new State(), filter);
            verdict = filter.Select(f => f.Verdict).FirstOrDefault(v => v is not null) ?? "ACCEPT";
        }

        return new TraceResult(dnat, ends.Any(e => e.Masquerade), verdict, ends.Max(e => e.Rules));
    }

    /// <returns>Whether the packet left the chain with a verdict on every way.</returns>
    private bool Walk(SortedDictionary<string, List<string>> chains, string chain, Packet packet, State state, List<State> ends, bool top = true)
    {
        foreach (var rule in chains[chain])
        {
            state.Rules++;
            if (!Matches(rule, packet))
            {
                continue;
            }

            var random = rule.Contains("--mode random", StringComparison.Ordinal);
            switch (FakeIptables.Target(rule))
            {
                case null:
                    break;
                case "DNAT":
                    state.Endpoint = rule[(rule.IndexOf("--to-destination ", StringComparison.Ordinal) + 17)..];
                    ends.Add(state.Copy());
                    return true;
                case "ACCEPT" or "DROP" or "REJECT":
                    state.Verdict = FakeIptables.Target(rule);
                    ends.Add(state.Copy());
                    return true;
                case "RETURN":
                    return false;
                case "MARK" when chain == "KUBE-MARK-MASQ":
                    state.Masquerade = true;
                    break;
                case "MARK" or "MASQUERADE":
                    break;
                case var target when random:
                    // One way takes the jump, the other goes on behind it.
                    Walk(chains, target, packet, state.Copy(), ends, top: false);
                    break;
                case var target:
                    if (Walk(chains, target, packet, state, ends, top: false))
                    {
                        return true;
                    }

                    break;
            }
        }

        if (top)
        {
            ends.Add(state.Copy());
        }

        return false;
    }

    private bool Matches(string rule, Packet packet)
    {
        var words = Words(rule);
        for (var i = 0; i < words.Count; i++)
        {
            var negated = words[i] == "!";
            if (negated)
            {
                i++;
            }

            bool? match = words[i] switch
            {
                "-s" => InRange(words[++i], packet.Source),
                "-d" => InRange(words[++i], packet.Destination),
                "-i" => packet.From == "PREROUTING" && InterfaceMatches(words[++i], packet.Interface),
                "-p" => words[++i] == packet.Protocol.Text(),
                "--dport" => PortIn(words[++i], packet.Port),
                "--dst-type" => IsLocal(packet.Destination) == (words[++i] == "LOCAL"),
                "--src-type" => IsLocal(packet.Source) == (words[++i] == "LOCAL"),
                "--ctstate" => words[++i].Split(',').Contains("NEW"),
                "--mark" => false,
                "--rcheck" => false,
                _ => null,
            };
            if (match is { } m && m == negated)
            {
                return false;
            }
        }

        return true;
    }

    private bool IsLocal(string address) => nodeAddresses.Contains(address) || IPAddress.IsLoopback(IPAddress.Parse(address));

    private static bool InterfaceMatches(string pattern, string name) =>
        pattern.EndsWith('+') ? name.StartsWith(pattern[..^1], StringComparison.Ordinal) : name == pattern;

    private static bool PortIn(string range, int port)
    {
        var ends = range.Split(':').Select(int.Parse).ToArray();
        return port >= ends[0] && port <= ends[^1];
    }

    private static bool InRange(string range, string address)
    {
        var parts = range.Split('/');
        var wanted = IPAddress.Parse(parts[0]).GetAddressBytes();
        var given = IPAddress.Parse(address).GetAddressBytes();
        if (wanted.Length != given.Length)
        {
            return false;
        }

        var mask = int.TryParse(parts[1], out var prefix) ? MaskOf(prefix, wanted.Length) : IPAddress.Parse(parts[1]).GetAddressBytes();
        return !wanted.Where((b, i) => (b & mask[i]) != (given[i] & mask[i])).Any();
    }

    private static byte[] MaskOf(int prefix, int length) =>
        [.. Enumerable.Range(0, length).Select(i => (byte)(0xFF00 >> Math.Clamp(prefix - (i * 8), 0, 8)))];

    private static List<string> Words(string rule)
    {
        var words = new List<string>();
        var parts = rule.Split('"');
        for (var i = 0; i < parts.Length; i++)
        {
            if (i % 2 == 1)
            {
                words.Add(parts[i]);
            }
            else
            {
                words.AddRange(parts[i].Split(' ', StringSplitOptions.RemoveEmptyEntries));
            }
        }

        return words;
    }

    private sealed class State
    {
        public string? Endpoint { get; set; }

        public string? Verdict { get; set; }

        public bool Masquerade { get; set; }

        public int Rules { get; set; }

        public State Copy() => (State)MemberwiseClone();
    }
}
