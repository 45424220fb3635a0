using NodeAgent.KubeApi.Core.V1;

namespace NodeAgent.KubeApi.Selectors;

/// <summary>Which nodes a pod's nodeSelector and required node affinity admit.</summary>
public sealed class NodeAffinityMatcher
{
    private readonly Selector? _labels;
    private readonly NodeSelectorMatcher? _affinity;

    private NodeAffinityMatcher(Selector? labels, NodeSelectorMatcher? affinity)
    {
        _labels = labels;
        _affinity = affinity;
    }

    /// <summary>The pod asks for nothing: every node will do.</summary>
    public bool IsEmpty => _labels is null && _affinity is null;

    public static NodeAffinityMatcher Of(Pod pod)
    {
        var required = pod.Spec?.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution;
        return new NodeAffinityMatcher(
            pod.Spec?.NodeSelector is { Count: > 0 } labels ? Selector.FromLabels(labels) : null,
            required is null ? null : NodeSelectorMatcher.From(required));
    }

    /// <exception cref="FormatException">No valid term of the affinity matches, and one is malformed.</exception>
    public bool Matches(Core.V1.Node node) => Matches(node.Metadata?.Name ?? "", node.Metadata?.Labels);

    /// <inheritdoc cref="Matches(Core.V1.Node)"/>
    public bool Matches(string nodeName, IReadOnlyDictionary<string, string>? nodeLabels) =>
        (_labels?.Matches(nodeLabels) ?? true) && (_affinity?.Matches(nodeName, nodeLabels) ?? true);
}
