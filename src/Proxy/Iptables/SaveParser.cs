using NodeAgent.Proxy.Rules;

namespace NodeAgent.Proxy.Iptables;

/// <summary>Reads the output of iptables-save line by line into a <see cref="KernelState"/>.</summary>
internal sealed class SaveParser
{
    private readonly Dictionary<ChainId, ChainDigest> _own = [];
    private readonly HashSet<ChainId> _others = [];
    private readonly HashSet<(ChainId, string)> _shared = [];
    private readonly ChainDigest.Builder _digest = new();
    private Table? _table;
    private ChainId? _chain;

    public void Add(string line)
    {
        if (line.StartsWith('*'))
        {
            FinishChain();
            _table = line switch
            {
                "*filter" => Table.Filter,
                "*nat" => Table.Nat,
                "*mangle" => Table.Mangle,
                _ => null,
            };
        }
        else if (_table is not { } table)
        {
            return;
        }
        else if (line.StartsWith(':'))
        {
            var end = line.IndexOf(' ', StringComparison.Ordinal);
            AddChain(new ChainId(table, line[1..(end < 0 ? line.Length : end)]));
        }
        else if (line.StartsWith("-A ", StringComparison.Ordinal))
        {
            AddRule(table, line);
        }
    }

    public KernelState Finish()
    {
        FinishChain();
        return new KernelState(_own, _others, _shared);
    }

    private void AddChain(ChainId chain)
    {
        if (ChainNames.IsOwn(chain.Name))
        {
            _own[chain] = ChainDigest.Of([]);
        }
        else
        {
            _others.Add(chain);
        }
    }

    /// <remarks>iptables-save prints the rules of a chain in one run; the digest of a chain is finished when the next begins.</remarks>
    private void AddRule(Table table, string line)
    {
        var nameEnd = line.IndexOf(' ', 3);
        var name = nameEnd < 0 ? line.AsSpan(3) : line.AsSpan(3, nameEnd - 3);
        var rule = nameEnd < 0 ? [] : line.AsSpan(nameEnd + 1);
        if (_chain is not { } current || current.Table != table || !name.SequenceEqual(current.Name))
        {
            FinishChain();
            current = new ChainId(table, name.ToString());
            _chain = current;
        }

        if (_own.ContainsKey(current))
        {
            _digest.Add(rule);
        }
        else
        {
            _shared.Add((current, rule.ToString()));
        }
    }

    private void FinishChain()
    {
        if (_chain is { } chain && _own.ContainsKey(chain))
        {
            _own[chain] = _digest.Finish();
        }

        _chain = null;
    }
}
