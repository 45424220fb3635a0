using NodeAgent.Scheduler.Framework.Nodes;

namespace NodeAgent.Scheduler.Plugins.PodTopologySpread;

/// <summary>How many pods a constraint counts in each domain.</summary>
internal sealed class SpreadCounts
{
    /// <summary>By domain number; -1 where no eligible node is in the domain.</summary>
    private readonly int[] _perDomain;

    public SpreadCounts(SpreadConstraint constraint, INodeTable nodes, NodeSet eligible)
    {
        _perDomain = new int[nodes.TopologyDomainCount(constraint.TopologyKey)];
        Array.Fill(_perDomain, -1);
        var domains = nodes.TopologyDomains(constraint.TopologyKey);
        var counts = nodes.CountPods(constraint.Matcher);
        foreach (var slot in eligible)
        {
            ref var count = ref _perDomain[domains[slot]];
            count = Math.Max(count, 0) + counts[slot];
        }

        var min = int.MaxValue;
        foreach (var count in _perDomain)
        {
            if (count >= 0)
            {
                DomainCount++;
                min = Math.Min(min, count);
            }
        }

        Minimum = DomainCount < constraint.MinDomains ? 0 : min;
    }

    /// <summary>How many domains have an eligible node.</summary>
    public int DomainCount { get; }

    /// <summary>The fewest pods of any domain; zero while there are fewer domains than wanted.</summary>
    public int Minimum { get; }

    public int In(int domain) => Math.Max(0, _perDomain[domain]);
}
