using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Selectors;
using NodeAgent.Scheduler.Framework.Nodes;

namespace NodeAgent.Scheduler.Plugins.NodeAffinity;

/// <summary>A term of preferred node affinity, ready to be matched.</summary>
internal readonly record struct PreferredTerm(NodeSelectorTermMatcher Matcher, int Weight)
{
    /// <summary>Terms without weight or expressions say nothing and are left out.</summary>
    public static List<PreferredTerm> ReadAll(IEnumerable<PreferredSchedulingTerm> terms)
    {
        var read = new List<PreferredTerm>();
        foreach (var term in terms)
        {
            if (term.Weight != 0 && term.Preference is not null && NodeSelectorTermMatcher.From(term.Preference) is { } matcher)
            {
                read.Add(new PreferredTerm(matcher, term.Weight));
            }
        }

        return read;
    }

    public static long Sum(List<PreferredTerm> terms, NodeInfo node)
    {
        var sum = 0L;
        foreach (var term in terms)
        {
            if (term.Matcher.Matches(node.Name, node.Node.Metadata.Labels))
            {
                sum += term.Weight;
            }
        }

        return sum;
    }
}
