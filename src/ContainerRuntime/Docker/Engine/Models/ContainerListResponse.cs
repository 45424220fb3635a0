using System.Text.Json.Serialization;

namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record ContainerListResponse
{
    [JsonPropertyName("Id")]
    public string ID { get; init; } = "";

    public IReadOnlyList<string>? Names { get; init; }

    public string Image { get; init; } = "";

    public string ImageID { get; init; } = "";

    /// <summary>Seconds since 1970.</summary>
    public long Created { get; init; }

    public string State { get; init; } = "";

    public string Status { get; init; } = "";

    public IReadOnlyDictionary<string, string>? Labels { get; init; }
}
