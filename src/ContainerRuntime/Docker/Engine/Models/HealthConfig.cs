namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record HealthConfig
{
    public IReadOnlyList<string>? Test { get; init; }
}
