using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.KubeApi.Selectors;

/// <summary>A set of conditions on labels, all of which must hold. Immutable; made once, matched often.</summary>
public sealed class Selector
{
    private readonly Requirement[]? _requirements;

    private Selector(Requirement[]? requirements)
    {
        _requirements = requirements;
    }

    public static Selector Everything { get; } = new([]);

    public static Selector Nothing { get; } = new((Requirement[]?)null);

    public bool IsEverything => _requirements is { Length: 0 };

    public bool IsNothing => _requirements is null;

    public IReadOnlyList<Requirement> Requirements => _requirements ?? [];

    public static Selector From(params IEnumerable<Requirement> requirements) =>
        new([.. requirements.OrderBy(r => r.Key, StringComparer.Ordinal)]);

    /// <summary>The API's form: a missing selector matches nothing, an empty one everything.</summary>
    /// <exception cref="FormatException">An expression has an unknown operator, or a key or value that labels cannot have.</exception>
    public static Selector From(LabelSelector? selector) => selector is null
        ? Nothing
        : From(selector.MatchLabels.Select(l => Requirement.Create(l.Key, SelectorOperator.In, l.Value))
            .Concat(selector.MatchExpressions.Select(e => Requirement.Create(e.Key, ReadOperator(e), e.Values))));

    /// <summary>Equality with each of these labels; a value that no label can have matches nothing. The form of a service's selector and of a pod's nodeSelector.</summary>
    public static Selector FromLabels(IReadOnlyDictionary<string, string>? labels) =>
        From((labels ?? new Dictionary<string, string>()).Select(l => Requirement.Equal(l.Key, l.Value)));

    /// <summary>Reads the query form, such as <c>app=web,tier in (a,b),!canary,cores&gt;4</c>; the empty text matches everything.</summary>
    /// <exception cref="FormatException">The text is no selector; the message says where it goes wrong.</exception>
    public static Selector Parse(string text) => From(SelectorParser.Parse(text));

    public bool Matches(IReadOnlyDictionary<string, string>? labels)
    {
        if (_requirements is null)
        {
            return false;
        }

        foreach (var requirement in _requirements)
        {
            if (!requirement.Matches(labels))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The query form; empty for everything and for nothing.</summary>
    public override string ToString() => string.Join(',', Requirements);

    private static SelectorOperator ReadOperator(LabelSelectorRequirement expression) => expression.Operator switch
    {
        "In" => SelectorOperator.In,
        "NotIn" => SelectorOperator.NotIn,
        "Exists" => SelectorOperator.Exists,
        "DoesNotExist" => SelectorOperator.DoesNotExist,
        _ => throw new FormatException($"label \"{expression.Key}\": \"{expression.Operator}\" is no operator of a label selector; known are In, NotIn, Exists, DoesNotExist"),
    };
}
