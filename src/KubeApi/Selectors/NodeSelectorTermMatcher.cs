using NodeAgent.KubeApi.Core.V1;

namespace NodeAgent.KubeApi.Selectors;

/// <summary>One term of a node selector.</summary>
public sealed class NodeSelectorTermMatcher
{
    private const string NameField = "metadata.name";

    private readonly Selector _labels;
    private readonly NodeSelectorRequirement[] _fields;

    private NodeSelectorTermMatcher(Selector labels, NodeSelectorRequirement[] fields, string? error)
    {
        _labels = labels;
        _fields = fields;
        Error = error;
    }

    /// <summary>What is wrong with the term; such a term matches no node.</summary>
    public string? Error { get; }

    /// <summary>The only nodes, by name, that the term can match; null when it names none.</summary>
    public IReadOnlyList<string>? OnlyNodeNames
    {
        get
        {
            var names = _fields.Where(f => f.Key == NameField && f.Operator == "In").Select(f => f.Values[0]).Distinct().ToArray();
            return names.Length == 0 ? null : names.Length == 1 ? names : [];
        }
    }

    /// <returns>Null for a term without expressions, which matches no node.</returns>
    public static NodeSelectorTermMatcher? From(NodeSelectorTerm term)
    {
        if (term.MatchExpressions.Count == 0 && term.MatchFields.Count == 0)
        {
            return null;
        }

        try
        {
            var labels = Selector.From(term.MatchExpressions.Select(e => Requirement.Create(e.Key, ReadOperator(e), e.Values)));
            var bad = term.MatchFields.FirstOrDefault(f => f.Operator is not ("In" or "NotIn") || f.Values.Count != 1);
            return bad is null
                ? new NodeSelectorTermMatcher(labels, [.. term.MatchFields], null)
                : new NodeSelectorTermMatcher(Selector.Nothing, [], $"field \"{bad.Key}\": In or NotIn with exactly one value is wanted, not {bad.Operator} with {bad.Values.Count}");
        }
        catch (FormatException e)
        {
            return new NodeSelectorTermMatcher(Selector.Nothing, [], e.Message);
        }
    }

    public bool Matches(string nodeName, IReadOnlyDictionary<string, string>? nodeLabels)
    {
        if (Error is not null || !_labels.Matches(nodeLabels))
        {
            return false;
        }

        foreach (var field in _fields)
        {
            var value = field.Key == NameField ? nodeName : "";
            if (field.Values[0] == value != (field.Operator == "In"))
            {
                return false;
            }
        }

        return true;
    }

    private static SelectorOperator ReadOperator(NodeSelectorRequirement expression) => expression.Operator switch
    {
        "In" => SelectorOperator.In,
        "NotIn" => SelectorOperator.NotIn,
        "Exists" => SelectorOperator.Exists,
        "DoesNotExist" => SelectorOperator.DoesNotExist,
        "Gt" => SelectorOperator.GreaterThan,
        "Lt" => SelectorOperator.LessThan,
        _ => throw new FormatException($"label \"{expression.Key}\": \"{expression.Operator}\" is no operator of a node selector; known are In, NotIn, Exists, DoesNotExist, Gt, Lt"),
    };
}
