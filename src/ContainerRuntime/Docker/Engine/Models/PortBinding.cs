namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record PortBinding
{
    public string? HostIp { get; init; }

    public string? HostPort { get; init; }
}
