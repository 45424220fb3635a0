namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record ContainerWaitResponse
{
    public long StatusCode { get; init; }
}
