namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record NetworksCreateParameters
{
    public string Name { get; init; } = "";

    public bool CheckDuplicate { get; init; }

    public string Driver { get; init; } = "";

    public IPAM? IPAM { get; init; }

    public IReadOnlyDictionary<string, string>? Options { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }
}
