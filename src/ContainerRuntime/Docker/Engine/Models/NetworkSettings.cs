namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record NetworkSettings
{
    public string? SandboxKey { get; init; }

    public IReadOnlyDictionary<string, EndpointSettings>? Networks { get; init; }
}
