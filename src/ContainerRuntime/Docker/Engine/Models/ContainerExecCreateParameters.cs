namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record ContainerExecCreateParameters
{
    public bool AttachStdin { get; init; }

    public bool AttachStdout { get; init; }

    public bool AttachStderr { get; init; }

    public bool Tty { get; init; }

    public string? DetachKeys { get; init; }

    public IReadOnlyList<string>? Cmd { get; init; }
}
