using System.Text.Json.Serialization;

namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record ImageInspectResponse
{
    [JsonPropertyName("Id")]
    public string ID { get; init; } = "";

    public IReadOnlyList<string>? RepoTags { get; init; }

    public IReadOnlyList<string>? RepoDigests { get; init; }

    public long Size { get; init; }

    public Config? Config { get; init; }
}
