using System.Text.Json.Serialization;

namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

/// <summary>One line of a pull's progress.</summary>
internal sealed record JSONMessage
{
    [JsonPropertyName("id")]
    public string? ID { get; init; }

    [JsonPropertyName("status")]
    public string? Status { get; init; }

    [JsonPropertyName("error")]
    public string? ErrorMessage { get; init; }

    [JsonPropertyName("errorDetail")]
    public JSONError? Error { get; init; }
}
