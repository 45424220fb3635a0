using System.Collections;
using NodeAgent.Scheduler.Framework.Nodes;

namespace NodeAgent.Scheduler.Plugins.InterPodAffinity;

/// <summary>The domains of a topology key that have certain pods. One bit each: with hostnames there are as many as nodes.</summary>
internal sealed class DomainSet
{
    private readonly BitArray _havePods;

    public DomainSet(string topologyKey, INodeTable nodes)
    {
        TopologyKey = topologyKey;
        // Reading the column first makes its domains known.
        nodes.TopologyDomains(topologyKey);
        _havePods = new BitArray(nodes.TopologyDomainCount(topologyKey));
    }

    public string TopologyKey { get; }

    public bool IsEmpty { get; private set; } = true;

    /// <summary>Adds the domains of all nodes that have such a pod.</summary>
    public void Add(INodeTable nodes, ReadOnlySpan<int> podsPerNode)
    {
        var domains = nodes.TopologyDomains(TopologyKey);
        for (var slot = 0; slot < podsPerNode.Length; slot++)
        {
            if (podsPerNode[slot] != 0 && domains[slot] >= 0)
            {
                _havePods[domains[slot]] = true;
                IsEmpty = false;
            }
        }
    }

    public bool HasPods(int domain) => domain >= 0 && _havePods[domain];
}
