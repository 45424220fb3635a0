namespace NodeAgent.ContainerRuntime.Cri;

/// <summary>How a CRI engine is reached.</summary>
public sealed record CriOptions
{
    /// <summary>Upstream's kubelet accepts messages up to this size; gRPC's own default of 4 MiB is too small for a node's lists.</summary>
    public const int DefaultMaxMessageBytes = 16 * 1024 * 1024;

    /// <summary>As in --container-runtime-endpoint: unix:///run/containerd/containerd.sock.</summary>
    public required string RuntimeEndpoint { get; init; }

    /// <summary>As in --image-service-endpoint; null when the runtime serves the images too.</summary>
    public string? ImageEndpoint { get; init; }

    /// <summary>
    /// As in --runtime-request-timeout. Calls that wait for something inside a container have that time on top; starting a
    /// sandbox has twice as long; pulling an image has no limit but the caller's.
    /// </summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(2);

    public int MaxMessageBytes { get; init; } = DefaultMaxMessageBytes;
}
