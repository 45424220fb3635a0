using System.Text.Json.Serialization;

namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

/// <summary>An event.</summary>
internal sealed record Message
{
    public string Type { get; init; } = "";

    public string Action { get; init; } = "";

    public Actor? Actor { get; init; }

    [JsonPropertyName("timeNano")]
    public long TimeNano { get; init; }
}
