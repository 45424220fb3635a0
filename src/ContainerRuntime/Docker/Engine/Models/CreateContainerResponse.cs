using System.Text.Json.Serialization;

namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record CreateContainerResponse
{
    [JsonPropertyName("Id")]
    public string ID { get; init; } = "";

    public IReadOnlyList<string>? Warnings { get; init; }
}
