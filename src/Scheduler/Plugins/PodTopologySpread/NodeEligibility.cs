using NodeAgent.KubeApi.Selectors;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.PodTopologySpread;

/// <summary>Which nodes count for a pod's constraints.</summary>
internal static class NodeEligibility
{
    /// <summary>The nodes that have every topology key.</summary>
    public static NodeSet WithAllKeys(IReadOnlyList<SpreadConstraint> constraints, INodeTable nodes, NodeSet among)
    {
        var set = among.Clone();
        foreach (var constraint in constraints)
        {
            var domains = nodes.TopologyDomains(constraint.TopologyKey);
            foreach (var slot in set)
            {
                if (domains[slot] < 0)
                {
                    set.Remove(slot);
                }
            }
        }

        return set;
    }

    /// <summary>Of these nodes those that the constraint's policies let count. May be the same set.</summary>
    public static NodeSet Honoring(SpreadConstraint constraint, PodInfo pod, INodeTable nodes, NodeSet among)
    {
        var checksAffinity = constraint.HonorsNodeAffinity && !pod.Template.RequiredNodeAffinity.IsEmpty;
        if (!checksAffinity && !constraint.HonorsTaints)
        {
            return among;
        }

        var set = among.Clone();
        foreach (var slot in set)
        {
            if ((checksAffinity && !MatchesAffinity(pod, nodes[slot])) || (constraint.HonorsTaints && !ToleratesTaints(pod, nodes, slot)))
            {
                set.Remove(slot);
            }
        }

        return set;
    }

    private static bool MatchesAffinity(PodInfo pod, NodeInfo node)
    {
        try
        {
            return pod.Template.RequiredNodeAffinity.Matches(node.Name, node.Node.Metadata.Labels);
        }
        catch (FormatException)
        {
            // NodeAffinity tells of the malformed term; here such a term just matches nothing.
            return false;
        }
    }

    private static bool ToleratesTaints(PodInfo pod, INodeTable nodes, int slot)
    {
        var taints = nodes.TaintSets[nodes.TaintSetIds[slot]].Taints;
        return taints.Count == 0 || Tolerations.FindUntolerated(taints, pod.Template.Tolerations, Tolerations.KeepsAway) is null;
    }
}
