using NodeAgent.Scheduler.Framework.Nodes;

namespace NodeAgent.Scheduler.Plugins.InterPodAffinity;

/// <summary>Pods per domain of a topology key.</summary>
internal sealed class DomainCount
{
    private readonly int[] _perDomain;

    public DomainCount(string topologyKey, INodeTable nodes)
    {
        TopologyKey = topologyKey;
        // Reading the column first makes its domains known.
        nodes.TopologyDomains(topologyKey);
        _perDomain = new int[nodes.TopologyDomainCount(topologyKey)];
    }

    public string TopologyKey { get; }

    public bool IsEmpty { get; private set; } = true;

    public void Add(INodeTable nodes, ReadOnlySpan<int> podsPerNode)
    {
        var domains = nodes.TopologyDomains(TopologyKey);
        for (var slot = 0; slot < podsPerNode.Length; slot++)
        {
            if (podsPerNode[slot] != 0 && domains[slot] >= 0)
            {
                _perDomain[domains[slot]] += podsPerNode[slot];
                IsEmpty = false;
            }
        }
    }

    public bool HasPods(int domain) => domain >= 0 && _perDomain[domain] > 0;
}
