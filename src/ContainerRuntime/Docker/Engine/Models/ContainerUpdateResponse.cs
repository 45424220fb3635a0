namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record ContainerUpdateResponse
{
    public IReadOnlyList<string>? Warnings { get; init; }
}
