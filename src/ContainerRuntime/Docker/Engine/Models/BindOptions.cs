namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record BindOptions
{
    public string? Propagation { get; init; }

    /// <summary>Since API 1.44, where a read-only bind mount is recursively so by default.</summary>
    public bool? ReadOnlyNonRecursive { get; init; }

    /// <summary>Since API 1.44.</summary>
    public bool? ReadOnlyForceRecursive { get; init; }
}
