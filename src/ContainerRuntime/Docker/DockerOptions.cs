namespace NodeAgent.ContainerRuntime.Docker;

/// <summary>How to work with a Docker Engine.</summary>
public sealed record DockerOptions
{
    public const string DefaultSandboxImage = "registry.k8s.io/pause:3.10";

    /// <summary>The engine's unix socket.</summary>
    public string SocketPath { get; init; } = "/var/run/docker.sock";

    /// <summary>The image of the pause containers. Pulled when it is not there; never removed by image garbage collection.</summary>
    public string SandboxImage { get; init; } = DefaultSandboxImage;

    public DockerNetworkMode Network { get; init; } = DockerNetworkMode.Auto;

    /// <summary>The Docker network of pods where there is no CNI config. Made on first use.</summary>
    public string BridgeNetwork { get; init; } = "nodeagent";

    public string CniConfigDirectory { get; init; } = "/etc/cni/net.d";

    public IReadOnlyList<string> CniPluginDirectories { get; init; } = ["/opt/cni/bin", "/usr/lib/cni"];

    /// <summary>What must outlive this process and a pause container: what CNI plugins have set up. One owner at a time.</summary>
    public string StateDirectory { get; init; } = "/var/lib/nodeagent/docker";

    /// <summary>How long the engine may take for a call that has no time limit of its own.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long an image pull may go without any progress.</summary>
    public TimeSpan PullProgressTimeout { get; init; } = TimeSpan.FromMinutes(2);
}
