namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record IPAM
{
    public IReadOnlyList<IPAMConfig>? Config { get; init; }
}
