using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace NodeAgent.Kubelet.Checkpoints;

/// <summary>A small JSON file that outlives the kubelet and the host. Written to disk, then renamed: a reader never sees half of one.</summary>
internal sealed class CheckpointFile(string path)
{
    public string Path => path;

    public bool Exists => File.Exists(path);

    /// <returns>Null when there is none.</returns>
    /// <exception cref="InvalidDataException">It is no JSON object.</exception>
    public JsonObject? Read()
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return JsonNode.Parse(File.ReadAllBytes(path)) as JsonObject ?? throw new InvalidDataException($"checkpoint {path} is damaged: it holds no object");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"checkpoint {path} is damaged: {e.Message}", e);
        }
    }

    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(JsonObject content) => WholeFile.Write(path, Encoding.UTF8.GetBytes(content.ToJsonString()));
}
