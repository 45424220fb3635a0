using System.Text.Json.Serialization;

namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record CPUUsage
{
    [JsonPropertyName("total_usage")]
    public ulong TotalUsage { get; init; }
}
