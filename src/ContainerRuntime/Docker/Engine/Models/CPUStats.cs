using System.Text.Json.Serialization;

namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record CPUStats
{
    [JsonPropertyName("cpu_usage")]
    public CPUUsage? CPUUsage { get; init; }
}
