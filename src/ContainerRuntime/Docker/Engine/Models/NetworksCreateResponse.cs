using System.Text.Json.Serialization;

namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record NetworksCreateResponse
{
    [JsonPropertyName("Id")]
    public string ID { get; init; } = "";
}
