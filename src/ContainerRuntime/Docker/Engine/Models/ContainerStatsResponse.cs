using System.Text.Json.Serialization;

namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record ContainerStatsResponse
{
    [JsonPropertyName("read")]
    public DateTimeOffset Read { get; init; }

    [JsonPropertyName("cpu_stats")]
    public CPUStats? CPUStats { get; init; }

    [JsonPropertyName("memory_stats")]
    public MemoryStats? MemoryStats { get; init; }

    [JsonPropertyName("pids_stats")]
    public PidsStats? PidsStats { get; init; }
}
