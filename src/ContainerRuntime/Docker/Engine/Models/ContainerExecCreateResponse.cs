using System.Text.Json.Serialization;

namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record ContainerExecCreateResponse
{
    [JsonPropertyName("Id")]
    public string ID { get; init; } = "";
}
