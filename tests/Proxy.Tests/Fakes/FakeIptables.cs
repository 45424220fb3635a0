using System.Text;
using NodeAgent.Proxy.Iptables;
using NodeAgent.Proxy.Rules;
using NodeAgent.Testing.Iptables;

namespace NodeAgent.Proxy.Tests.Fakes;

/// <summary>Tables in memory that take <c>iptables-restore --noflush</c> text as strictly as the kernel does.</summary>
internal sealed class FakeIptables : IIptables
{
    private static readonly string[] BuiltIn = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];
    private static readonly string[] KernelTargets = ["ACCEPT", "DROP", "REJECT", "RETURN", "MARK", "DNAT", "MASQUERADE"];

    public SortedDictionary<string, SortedDictionary<string, List<string>>> Tables { get; private set; } = NewTables();

    /// <summary>Every text that was restored, in order.</summary>
    public List<string> Restored { get; } = [];

    public int Reads { get; private set; }

    /// <summary>Makes the next restores fail.</summary>
    public int FailRestores { get; set; }

    public Task<KernelState> ReadAsync(CancellationToken cancellationToken)
    {
        Reads++;
        var parser = new SaveParser();
        foreach (var line in Save().Split('\n'))
        {
            parser.Add(line);
        }

        return Task.FromResult(parser.Finish());
    }

    public int MaxChainsPerRestore { get; set; } = int.MaxValue;

    public int MaxChainsPerChange { get; set; } = int.MaxValue;

    public Task<bool> HasCanariesAsync(CancellationToken cancellationToken) =>
        Task.FromResult(BaseRules.Canaries.All(c => Tables[c.Table.Text()].ContainsKey(c.Name)));

    public Task RestoreAsync(ReadOnlyMemory<byte> text, CancellationToken cancellationToken)
    {
        if (FailRestores > 0)
        {
            FailRestores--;
            throw new IptablesException("made to fail");
        }

        var input = Encoding.UTF8.GetString(text.Span);
        Restored.Add(input);
        Restore(input);
        return Task.CompletedTask;
    }

    public void Prepare()
    {
    }

    /// <summary>The tables as iptables-save prints them, counters and dates aside.</summary>
    public string Save()
    {
        var text = new StringBuilder();
        foreach (var (table, chains) in Tables)
        {
            text.Append('*').Append(table).Append('\n');
            foreach (var chain in chains.Keys)
            {
                text.Append(':').Append(chain).Append(BuiltIn.Contains(chain) ? " ACCEPT" : " -").Append(" [0:0]\n");
            }

            foreach (var (chain, rules) in chains)
            {
                foreach (var rule in rules)
                {
                    text.Append("-A ").Append(chain).Append(' ').Append(rule).Append('\n');
                }
            }

            text.Append("COMMIT\n");
        }

        return text.ToString();
    }

    /// <summary>What <c>iptables -F; iptables -X</c> in every table leaves.</summary>
    public void FlushAll() => Tables = NewTables();

    private void Restore(string text)
    {
        SortedDictionary<string, List<string>>? chains = null;
        var tableName = "";
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] == '*')
            {
                tableName = line[1..];
                chains = new(Tables[tableName].ToDictionary(c => c.Key, c => c.Value.ToList()), StringComparer.Ordinal);
            }
            else if (line == "COMMIT")
            {
                CheckTargets(chains!);
                Tables[tableName] = chains!;
            }
            else
            {
                Apply(chains!, line);
            }
        }
    }

    private static void Apply(SortedDictionary<string, List<string>> chains, string line)
    {
        var words = line.Split(' ', 3);
        if (line[0] == ':')
        {
            chains[words[0][1..]] = [];
            return;
        }

        if (!chains.TryGetValue(words[1], out var rules))
        {
            throw new IptablesException($"no such chain: {line}");
        }

        switch (words[0])
        {
            case "-A":
                rules.Add(words[2]);
                break;
            case "-I":
                rules.Insert(0, words[2]);
                break;
            case "-D" when rules.Remove(words[2]):
                break;
            case "-X" when rules.Count == 0 && !chains.Values.Any(c => c.Any(r => PacketTrace.Target(r) == words[1])):
                chains.Remove(words[1]);
                break;
            default:
                throw new IptablesException($"refused: {line}");
        }
    }

    private static void CheckTargets(SortedDictionary<string, List<string>> chains)
    {
        foreach (var (chain, rules) in chains)
        {
            foreach (var rule in rules)
            {
                if (PacketTrace.Target(rule) is { } target && !KernelTargets.Contains(target) && !chains.ContainsKey(target))
                {
                    throw new IptablesException($"no such target: {chain}: {rule}");
                }
            }
        }
    }

    private static SortedDictionary<string, SortedDictionary<string, List<string>>> NewTables() => new(StringComparer.Ordinal)
    {
        ["filter"] = New("INPUT", "FORWARD", "OUTPUT"),
        ["mangle"] = New(BuiltIn),
        ["nat"] = New("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    };

    private static SortedDictionary<string, List<string>> New(params string[] chains) =>
        new(chains.ToDictionary(c => c, _ => new List<string>()), StringComparer.Ordinal);
}
