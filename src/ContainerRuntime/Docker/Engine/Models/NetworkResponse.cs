using System.Text.Json.Serialization;

namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record NetworkResponse
{
    public string Name { get; init; } = "";

    [JsonPropertyName("Id")]
    public string ID { get; init; } = "";

    public string Driver { get; init; } = "";

    public IReadOnlyDictionary<string, string>? Labels { get; init; }
}
