using NodeAgent.KubeApi.Core.V1;

namespace NodeAgent.KubeApi.Selectors;

/// <summary>A node selector: one term must hold, and in it every expression. Terms without expressions match no node.</summary>
public sealed class NodeSelectorMatcher
{
    private readonly NodeSelectorTermMatcher[] _terms;

    private NodeSelectorMatcher(NodeSelectorTermMatcher[] terms)
    {
        _terms = terms;
    }

    public IReadOnlyList<NodeSelectorTermMatcher> Terms => _terms;

    /// <summary>Malformed terms are kept, and found when nothing else matches: they must not hide a good one.</summary>
    public static NodeSelectorMatcher From(NodeSelector selector) =>
        new([.. selector.NodeSelectorTerms.Select(NodeSelectorTermMatcher.From).OfType<NodeSelectorTermMatcher>()]);

    /// <exception cref="FormatException">No valid term matches, and one is malformed.</exception>
    public bool Matches(string nodeName, IReadOnlyDictionary<string, string>? nodeLabels)
    {
        string? error = null;
        foreach (var term in _terms)
        {
            if (term.Error is not null)
            {
                error ??= term.Error;
            }
            else if (term.Matches(nodeName, nodeLabels))
            {
                return true;
            }
        }

        return error is null ? false : throw new FormatException(error);
    }
}
