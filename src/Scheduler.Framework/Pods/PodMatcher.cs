using NodeAgent.KubeApi.Selectors;

namespace NodeAgent.Scheduler.Framework.Pods;

/// <summary>Selects pods by namespace and labels. Equal when they select by the same words.</summary>
public sealed class PodMatcher : IEquatable<PodMatcher>
{
    private readonly string _key;
    private readonly IReadOnlyList<PodMatcher> _others = [];

    /// <param name="namespaces">The namespaces by name.</param>
    /// <param name="namespaceSelector">Namespaces by label, beside those by name; null for none.</param>
    /// <param name="ignoresTerminating">Pods that are being deleted do not count.</param>
    public PodMatcher(IEnumerable<string> namespaces, Selector? namespaceSelector, Selector selector, bool ignoresTerminating = false)
    {
        Namespaces = [.. namespaces.Distinct().Order(StringComparer.Ordinal)];
        NamespaceSelector = namespaceSelector;
        Selector = selector;
        IgnoresTerminating = ignoresTerminating;
        _key = $"{string.Join(',', Namespaces)}|{Write(namespaceSelector)}|{Write(selector)}|{ignoresTerminating}";
    }

    private PodMatcher(IReadOnlyList<PodMatcher> all)
        : this(all[0].Namespaces, all[0].NamespaceSelector, all[0].Selector, all[0].IgnoresTerminating)
    {
        _others = [.. all.Skip(1)];
        _key = string.Join('&', all.Select(m => m._key));
    }

    public IReadOnlyList<string> Namespaces { get; }

    public Selector? NamespaceSelector { get; }

    public Selector Selector { get; }

    public bool IgnoresTerminating { get; }

    /// <summary>Selects the pods that all of these select.</summary>
    public static PodMatcher All(IReadOnlyList<PodMatcher> matchers) => matchers.Count == 1 ? matchers[0] : new PodMatcher(matchers);

    public bool Matches(LabelSet pod, IReadOnlyDictionary<string, string>? namespaceLabels)
    {
        if (!MatchesNamespace(pod.Namespace, namespaceLabels) || !Selector.Matches(pod.Labels))
        {
            return false;
        }

        foreach (var other in _others)
        {
            if (!other.Matches(pod, namespaceLabels))
            {
                return false;
            }
        }

        return true;
    }

    public bool MatchesNamespace(string name, IReadOnlyDictionary<string, string>? labels) =>
        Namespaces.Contains(name) || (NamespaceSelector is not null && NamespaceSelector.Matches(labels));

    public bool Equals(PodMatcher? other) => other is not null && _key == other._key;

    public override bool Equals(object? obj) => Equals(obj as PodMatcher);

    public override int GetHashCode() => _key.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => _key;

    private static string Write(Selector? selector) => selector is null || selector.IsNothing ? "-" : "+" + selector;
}
