namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record SystemDataUsageResponse
{
    public long LayersSize { get; init; }
}
