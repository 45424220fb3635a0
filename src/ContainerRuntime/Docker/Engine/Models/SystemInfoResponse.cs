namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record SystemInfoResponse
{
    public string ID { get; init; } = "";

    public string Driver { get; init; } = "";

    public string? CgroupDriver { get; init; }

    public string? CgroupVersion { get; init; }

    public string DockerRootDir { get; init; } = "";

    public string ServerVersion { get; init; } = "";

    public string KernelVersion { get; init; } = "";

    public IReadOnlyDictionary<string, EmptyStruct>? Runtimes { get; init; }

    public string? DefaultRuntime { get; init; }

    public IReadOnlyList<string>? SecurityOptions { get; init; }

    public IReadOnlyList<string>? Warnings { get; init; }

    public bool LiveRestoreEnabled { get; init; }
}
