using NodeAgent.Scheduler.Framework.Nodes;

namespace NodeAgent.Scheduler.Plugins.InterPodAffinity;

/// <summary>What each domain is worth to the pod, by topology key.</summary>
internal sealed class AffinityScores
{
    private readonly Dictionary<string, long[]> _perKey = new(StringComparer.Ordinal);

    public bool IsEmpty => _perKey.Count == 0;

    public void Add(string topologyKey, INodeTable nodes, ReadOnlySpan<int> podsPerNode, long weight)
    {
        var domains = nodes.TopologyDomains(topologyKey);
        long[]? perDomain = null;
        for (var slot = 0; slot < podsPerNode.Length; slot++)
        {
            if (podsPerNode[slot] != 0 && domains[slot] >= 0)
            {
                perDomain ??= GetOrAdd(topologyKey, nodes);
                perDomain[domains[slot]] += podsPerNode[slot] * weight;
            }
        }
    }

    public void AddTo(INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores)
    {
        foreach (var (key, perDomain) in _perKey)
        {
            var domains = nodes.TopologyDomains(key);
            for (var i = 0; i < slots.Length; i++)
            {
                if (domains[slots[i]] is >= 0 and var domain)
                {
                    scores[i] += perDomain[domain];
                }
            }
        }
    }

    private long[] GetOrAdd(string topologyKey, INodeTable nodes)
    {
        if (!_perKey.TryGetValue(topologyKey, out var perDomain))
        {
            perDomain = new long[nodes.TopologyDomainCount(topologyKey)];
            _perKey[topologyKey] = perDomain;
        }

        return perDomain;
    }
}
