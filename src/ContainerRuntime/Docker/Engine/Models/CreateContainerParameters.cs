namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

/// <summary>The body of a container's creation; the name goes into the query.</summary>
internal sealed record CreateContainerParameters
{
    public string? Hostname { get; init; }

    public string? User { get; init; }

    public bool OpenStdin { get; init; }

    public bool StdinOnce { get; init; }

    public bool Tty { get; init; }

    public IReadOnlyList<string>? Env { get; init; }

    public IReadOnlyList<string>? Cmd { get; init; }

    public IReadOnlyList<string>? Entrypoint { get; init; }

    public HealthConfig? Healthcheck { get; init; }

    public string Image { get; init; } = "";

    public string? WorkingDir { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    public string? StopSignal { get; init; }

    public IReadOnlyDictionary<string, EmptyStruct>? ExposedPorts { get; init; }

    public HostConfig? HostConfig { get; init; }
}
