using System.Text.Json.Nodes;

namespace NodeAgent.KubeApi.Manifests;

/// <summary>A part of a manifest as JSON, for values that have no schema here.</summary>
internal static class NodeJson
{
    public static string Write(ManifestNode node) => ToJson(node)?.ToJsonString() ?? "null";

    private static JsonNode? ToJson(ManifestNode node) => node switch
    {
        MappingNode mapping => new JsonObject(mapping.Entries.Select(e => KeyValuePair.Create(e.Key, ToJson(e.Value)))),
        SequenceNode sequence => new JsonArray([.. sequence.Items.Select(ToJson)]),
        ScalarNode { Kind: ScalarKind.String } text => JsonValue.Create(text.Text),
        ScalarNode scalar => JsonNode.Parse(scalar.Text),
        _ => null,
    };
}
