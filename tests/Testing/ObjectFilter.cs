using Google.Protobuf;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Manifests;
using NodeAgent.KubeApi.Selectors;

namespace NodeAgent.Testing;

/// <summary>What a list or watch asks for.</summary>
internal sealed class ObjectFilter(string? namespaceName, string? labelSelector, string? fieldSelector)
{
    private readonly Selector _labels = Selector.Parse(labelSelector ?? "");
    private readonly FieldSelector? _fields = string.IsNullOrEmpty(fieldSelector) ? null : FieldSelector.Parse(fieldSelector);

    public bool Matches<T>(T value)
        where T : IKubeObject, IMessage =>
        (string.IsNullOrEmpty(namespaceName) || value.Metadata.Namespace == namespaceName)
            && _labels.Matches(value.Metadata.Labels)
            && (_fields is null || MatchesFields(value, _fields));

    private static bool MatchesFields(IKubeObject value, FieldSelector fields)
    {
        var json = KubeJson.ToNode(value);
        return fields.Matches(path => path.Split('.').Aggregate((System.Text.Json.Nodes.JsonNode?)json, (node, name) => node?[name])?.ToString() ?? "");
    }
}
