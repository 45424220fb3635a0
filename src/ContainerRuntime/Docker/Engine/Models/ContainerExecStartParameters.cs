namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record ContainerExecStartParameters
{
    public bool Detach { get; init; }

    public bool Tty { get; init; }
}
