using NodeAgent.DevCluster.Network;

namespace NodeAgent.DevCluster.Node;

/// <summary>How the daemons of one node are started.</summary>
/// <param name="Folder">Where their files go: configs, logs, process ids, the kubelet's root.</param>
/// <param name="Name">The name of the Node object.</param>
/// <param name="Address">The node's own address.</param>
/// <param name="RuntimeEndpoint">The container engine's socket, such as <c>unix:///run/containerd/containerd.sock</c>.</param>
/// <param name="Namespace">The network namespace to run in, by name; null for this process's own.</param>
public sealed record NodeOptions(string Folder, string Name, string Address, string RuntimeEndpoint, string? Namespace = null)
{
    public DaemonBinaries Binaries { get; init; } = DaemonBinaries.Own();

    public int KubeletPort { get; init; } = Ports.Free();

    public int KubeletHealthPort { get; init; } = Ports.Free();

    public string PodCidr { get; init; } = "10.244.0.0/16";

    public string ClusterDns { get; init; } = "10.96.0.10";

    /// <summary>The cgroup below which the kubelet makes its own, so that several can share a host; null for the root.</summary>
    public string? CgroupRoot { get; init; }

    public int MaxPods { get; init; } = 110;

    public IReadOnlyList<string> KubeletFlags { get; init; } = [];

    /// <summary>More lines of the KubeletConfiguration.</summary>
    public string KubeletConfig { get; init; } = "";

    public string KubeletRoot => Path.Combine(Folder, "kubelet");

    public string ManifestFolder => Path.Combine(Folder, "manifests");

    public string PodLogsFolder => Path.Combine(Folder, "pod-logs");
}
