using System.Text;
using System.Text.Json.Nodes;

namespace NodeAgent.KubeApi.Manifests;

/// <summary>RFC 7386 patches, for resources that know no strategic merge (custom resources): lists are replaced as a whole.</summary>
public static class MergePatch
{
    /// <returns>Null when nothing changes.</returns>
    public static byte[]? Create(IKubeObject before, IKubeObject after)
    {
        var patch = Diff(KubeJson.ToNode(before), KubeJson.ToNode(after));
        return patch.Count == 0 ? null : Encoding.UTF8.GetBytes(KubeJson.ToText(patch));
    }

    internal static JsonObject Diff(JsonObject before, JsonObject after)
    {
        var patch = new JsonObject();
        foreach (var (name, value) in after)
        {
            if (JsonNode.DeepEquals(before[name], value))
            {
                continue;
            }

            patch[name] = before[name] is JsonObject old && value is JsonObject current ? Diff(old, current) : value?.DeepClone();
        }

        foreach (var (name, value) in before)
        {
            if (value is not null && !after.ContainsKey(name))
            {
                patch[name] = null;
            }
        }

        return patch;
    }
}
