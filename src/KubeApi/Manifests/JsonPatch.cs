using System.Text;
using System.Text.Json.Nodes;

namespace NodeAgent.KubeApi.Manifests;

/// <summary>Builds RFC 6902 patches, for a change that must see what it changes: <c>new JsonPatch().Test(...).Replace(...)</c>.</summary>
public sealed class JsonPatch
{
    private readonly JsonArray _operations = [];

    /// <param name="path">The names and indices that lead to the value; they are escaped here.</param>
    public JsonPatch Test(JsonNode? value, params ReadOnlySpan<string> path) => Append("test", path, value);

    public JsonPatch Add(JsonNode? value, params ReadOnlySpan<string> path) => Append("add", path, value);

    public JsonPatch Replace(JsonNode? value, params ReadOnlySpan<string> path) => Append("replace", path, value);

    public JsonPatch Remove(params ReadOnlySpan<string> path)
    {
        _operations.Add(new JsonObject { ["op"] = "remove", ["path"] = Pointer(path) });
        return this;
    }

    public byte[] ToUtf8() => Encoding.UTF8.GetBytes(KubeJson.ToText(_operations));

    private static string Pointer(ReadOnlySpan<string> path)
    {
        var pointer = new StringBuilder();
        foreach (var name in path)
        {
            pointer.Append('/').Append(name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal));
        }

        return pointer.ToString();
    }

    private JsonPatch Append(string op, ReadOnlySpan<string> path, JsonNode? value)
    {
        _operations.Add(new JsonObject { ["op"] = op, ["path"] = Pointer(path), ["value"] = value });
        return this;
    }
}
