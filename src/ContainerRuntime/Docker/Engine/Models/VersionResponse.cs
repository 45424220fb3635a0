using System.Text.Json.Serialization;

namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record VersionResponse
{
    public string Version { get; init; } = "";

    [JsonPropertyName("ApiVersion")]
    public string APIVersion { get; init; } = "";

    public string MinAPIVersion { get; init; } = "";

    public string Os { get; init; } = "";

    public string Arch { get; init; } = "";

    public string KernelVersion { get; init; } = "";
}
