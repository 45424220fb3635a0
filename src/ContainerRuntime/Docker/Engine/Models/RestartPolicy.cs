namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record RestartPolicy
{
    public string Name { get; init; } = "";
}
