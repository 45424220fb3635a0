namespace NodeAgent.DevCluster.Containers;

/// <summary>How a dockerd of one's own is started.</summary>
/// <param name="Folder">Where everything of it goes: config, socket, root, state, log, process id. At most 60 characters, for the sockets' sake.</param>
/// <param name="Bridge">The name of the bridge that its pods are on, at most 15 characters; unlike any other on the host.</param>
/// <param name="PodSubnet">The pods' addresses in CIDR form; unlike any other on the host.</param>
/// <param name="Namespace">The network namespace to run in, by name; null for this process's own.</param>
public sealed record DockerHostOptions(string Folder, string Bridge, string PodSubnet, string? Namespace = null)
{
    /// <summary>Pods on a CNI bridge; without it on a Docker network, whose bridge and subnet are Docker's choice.</summary>
    public bool Cni { get; init; } = true;

    /// <summary>By path: another docker may come first on PATH.</summary>
    public string Binary { get; init; } = "/usr/sbin/dockerd";

    public string ClientBinary { get; init; } = "/usr/bin/docker";

    public string CniPlugins { get; init; } = "/usr/lib/cni";

    public string SandboxImage { get; init; } = Images.TestImages.PauseName;

    public string SocketPath => Path.Combine(Folder, "docker.sock");

    public string Endpoint => "unix://" + SocketPath;

    public string CniConfigFolder => Path.Combine(Folder, "cni", "net.d");

    public string RootFolder => Path.Combine(Folder, "root");

    public string StateFolder => Path.Combine(Folder, "state");

    /// <summary>What the runtime in the kubelet keeps of its own.</summary>
    public string RuntimeStateFolder => Path.Combine(Folder, "runtime");

    /// <summary>The socket of the containerd that dockerd starts for itself.</summary>
    internal string ContainerdSocketPath => Path.Combine(StateFolder, "containerd", "containerd.sock");
}
