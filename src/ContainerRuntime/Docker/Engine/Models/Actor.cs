namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record Actor
{
    public string ID { get; init; } = "";

    public IReadOnlyDictionary<string, string>? Attributes { get; init; }
}
