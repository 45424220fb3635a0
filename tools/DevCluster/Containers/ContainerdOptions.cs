namespace NodeAgent.DevCluster.Containers;

/// <summary>How a containerd of one's own is started.</summary>
/// <param name="Folder">Where everything of it goes: config, socket, root, state, log, process id. At most 80 characters, for the socket's sake.</param>
/// <param name="Bridge">The name of the bridge that its pods are on, at most 15 characters; unlike any other on the host.</param>
/// <param name="PodSubnet">The pods' addresses in CIDR form; unlike any other on the host.</param>
/// <param name="Namespace">The network namespace to run in, by name; null for this process's own.</param>
public sealed record ContainerdOptions(string Folder, string Bridge, string PodSubnet, string? Namespace = null)
{
    public string Binary { get; init; } = "containerd";

    /// <summary>Where Debian's containernetworking-plugins puts its programs.</summary>
    public string CniPlugins { get; init; } = "/usr/lib/cni";

    public string SandboxImage { get; init; } = Images.TestImages.PauseName;

    public bool SystemdCgroups { get; init; }

    public string SocketPath => Path.Combine(Folder, "containerd.sock");

    public string Endpoint => "unix://" + SocketPath;

    public string CniConfigFolder => Path.Combine(Folder, "cni", "net.d");

    public string RootFolder => Path.Combine(Folder, "root");

    public string StateFolder => Path.Combine(Folder, "state");
}
