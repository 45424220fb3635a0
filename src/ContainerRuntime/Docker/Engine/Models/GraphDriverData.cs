namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record GraphDriverData
{
    public string Name { get; init; } = "";

    public IReadOnlyDictionary<string, string>? Data { get; init; }
}
