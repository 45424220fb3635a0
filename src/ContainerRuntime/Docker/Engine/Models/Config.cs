namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record Config
{
    /// <summary>The image as it was asked for.</summary>
    public string Image { get; init; } = "";

    public string User { get; init; } = "";

    public bool Tty { get; init; }

    public bool OpenStdin { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    public string? StopSignal { get; init; }
}
