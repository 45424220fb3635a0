namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record LogConfig
{
    public string Type { get; init; } = "";

    public IReadOnlyDictionary<string, string>? Config { get; init; }
}
