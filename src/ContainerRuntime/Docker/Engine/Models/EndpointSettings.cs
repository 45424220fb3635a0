namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record EndpointSettings
{
    public string IPAddress { get; init; } = "";

    public string GlobalIPv6Address { get; init; } = "";
}
