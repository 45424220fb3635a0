using System.Text.Json.Serialization;

namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record PidsStats
{
    [JsonPropertyName("current")]
    public ulong Current { get; init; }
}
