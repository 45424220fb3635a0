using System.Net;

namespace NodeAgent.Testing.Iptables;

/// <summary>Sends packets through the rules of one family without a kernel. Random choices are all taken.</summary>
/// <param name="tables">Table -> chain -> what follows <c>-A chain</c>.</param>
/// <param name="nodeAddresses">The addresses that are local to the node, loopback aside.</param>
public sealed class PacketTrace(IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyList<string>>> tables, params string[] nodeAddresses)
{
    /// <summary>The rules that iptables-save printed.</summary>
    public static PacketTrace OfSaved(string saved, params string[] nodeAddresses)
    {
        var tables = new Dictionary<string, Dictionary<string, List<string>>>();
        var chains = new Dictionary<string, List<string>>();
        foreach (var line in saved.Split('\n'))
        {
            var words = line.Split(' ', 3);
            switch (words[0])
            {
                case ['*', ..]:
                    tables.Add(line[1..], chains = []);
                    break;
                case [':', ..]:
                    chains.Add(words[0][1..], []);
                    break;
                case "-A":
                    chains[words[1]].Add(words[2]);
                    break;
            }
        }

        return new PacketTrace(tables.ToDictionary(t => t.Key, t => (IReadOnlyDictionary<string, IReadOnlyList<string>>)t.Value.ToDictionary(c => c.Key, c => (IReadOnlyList<string>)c.Value)), nodeAddresses);
    }

    /// <summary>The chain that a rule sends packets to, or what it does with them; null when it does nothing.</summary>
    public static string? Target(string rule)
    {
        var at = rule.IndexOf("-j ", StringComparison.Ordinal);
        return at < 0 ? null : rule[(at + 3)..].Split(' ')[0];
    }

    public TraceResult Send(Packet packet)
    {
        var ends = new List<State>();
        Walk(tables["nat"], packet.From, packet, new State(), ends);
        var reached = ends.Where(e => e.Endpoint is not null).ToList();
        var verdict = "ACCEPT";
        if (reached.Count == 0)
        {
            // What the node sends to itself leaves and comes in.
            string[] hooks = (packet.From == "OUTPUT", IsLocal(packet.Destination)) switch
            {
                (true, true) => ["OUTPUT", "INPUT"],
                (true, false) => ["OUTPUT"],
                (false, true) => ["INPUT"],
                _ => ["FORWARD"],
            };
            verdict = hooks.Select(h => Filter(h, packet)).FirstOrDefault(v => v != verdict) ?? verdict;
        }

        return new TraceResult(
            reached.Select(e => e.Endpoint!).ToHashSet(),
            reached.Where(e => e.Masquerade).Select(e => e.Endpoint!).ToHashSet(),
            verdict,
            ends.Max(e => e.Rules));
    }

    private string Filter(string hook, Packet packet)
    {
        var ends = new List<State>();
        Walk(tables["filter"], hook, packet, new State(), ends);
        return ends.Select(e => e.Verdict).FirstOrDefault(v => v is not null) ?? "ACCEPT";
    }

    /// <returns>Whether the packet left the chain with a verdict on every way.</returns>
    private bool Walk(IReadOnlyDictionary<string, IReadOnlyList<string>> chains, string chain, Packet packet, State state, List<State> ends, bool top = true)
    {
        foreach (var rule in chains[chain])
        {
            state.Rules++;
            if (!Matches(rule, packet))
            {
                continue;
            }

            var random = rule.Contains("--mode random", StringComparison.Ordinal);
            switch (Target(rule))
            {
                case null:
                    break;
                case "DNAT":
                    state.Endpoint = rule[(rule.IndexOf("--to-destination ", StringComparison.Ordinal) + 17)..];
                    ends.Add(state.Copy());
                    return true;
                case "ACCEPT" or "DROP" or "REJECT":
                    state.Verdict = Target(rule);
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
                "-p" => words[++i] == packet.Protocol,
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
