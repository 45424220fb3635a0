namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record MountPoint
{
    public string Type { get; init; } = "";

    public string Source { get; init; } = "";

    public string Destination { get; init; } = "";

    public bool RW { get; init; }

    public string Propagation { get; init; } = "";
}
