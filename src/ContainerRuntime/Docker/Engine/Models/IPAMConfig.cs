namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record IPAMConfig
{
    public string? Subnet { get; init; }
}
