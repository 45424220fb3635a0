namespace NodeAgent.DevCluster.ControlPlane;

/// <summary>How a control plane is started.</summary>
/// <param name="Folder">Where its files go: certificates, data, logs, process ids.</param>
/// <param name="Address">The address that the API server listens on and is reached at.</param>
/// <param name="Port">Null for a free one.</param>
/// <param name="EtcdPort">The port of etcd, and the one after it for its peers; null for free ones.</param>
/// <param name="ServiceCidr">The range of ClusterIPs.</param>
/// <param name="PodCidr">The range out of which nodes get their podCIDR.</param>
/// <param name="Namespace">The network namespace to run in, by name; null for this process's own.</param>
/// <param name="ControllerManager">Whether to run the controller manager beside the API server.</param>
/// <param name="Durable">False lets etcd lose its data when the host stops, which is faster.</param>
public sealed record ControlPlaneOptions(
    string Folder,
    string Address = "127.0.0.1",
    int? Port = null,
    int? EtcdPort = null,
    string ServiceCidr = "10.96.0.0/16",
    string PodCidr = "10.244.0.0/16",
    string? Namespace = null,
    bool ControllerManager = true,
    bool Durable = false)
{
    /// <summary>More kube-apiserver flags, such as <c>--v=4</c>.</summary>
    public IReadOnlyList<string> ApiServerFlags { get; init; } = [];

    /// <summary>More names and addresses by which the API server is reached.</summary>
    public IReadOnlyList<string> ServerNames { get; init; } = [];

    /// <summary>More kube-controller-manager flags.</summary>
    public IReadOnlyList<string> ControllerManagerFlags { get; init; } = [];
}
