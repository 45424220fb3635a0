namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record DeviceMapping
{
    public string PathOnHost { get; init; } = "";

    public string PathInContainer { get; init; } = "";

    public string CgroupPermissions { get; init; } = "";
}
