using System.Text.Json.Serialization;

namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record ContainerInspectResponse
{
    [JsonPropertyName("Id")]
    public string ID { get; init; } = "";

    public string Name { get; init; } = "";

    public string Created { get; init; } = "";

    public ContainerState? State { get; init; }

    /// <summary>The id of the image.</summary>
    public string Image { get; init; } = "";

    public string ResolvConfPath { get; init; } = "";

    public string LogPath { get; init; } = "";

    public HostConfig? HostConfig { get; init; }

    public Config? Config { get; init; }

    public IReadOnlyList<MountPoint>? Mounts { get; init; }

    public NetworkSettings? NetworkSettings { get; init; }

    public GraphDriverData? GraphDriver { get; init; }
}
