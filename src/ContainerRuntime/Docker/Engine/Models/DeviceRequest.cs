namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record DeviceRequest
{
    public string Driver { get; init; } = "";

    public IReadOnlyList<string>? DeviceIDs { get; init; }
}
