using NodeAgent.DevCluster.Containers;

namespace NodeAgent.DevCluster.Up;

/// <summary>Where the cluster of <c>./dev up</c> keeps what it has, and its names on the host.</summary>
/// <remarks>One cluster per host: it programs the host's own iptables, as a user's node does.</remarks>
public static class DevFolder
{
    public const string Root = "/var/lib/nodeagent-dev";
    public const string NodeName = "nodeagent-dev";
    public const string PodCidr = "10.244.0.0/16";
    public const string NodePodCidr = "10.244.0.0/24";
    public const string Bridge = "na-dev0";
    public const string CgroupRoot = "/nodeagent-dev";
    public const int ApiServerPort = 6443;
    public const int EtcdPort = 12379;

    public static string ControlPlane => Path.Combine(Root, "control-plane");

    public static string Node => Path.Combine(Root, "node");

    public static ContainerdOptions Containerd => new(Path.Combine(Root, "containerd"), Bridge, NodePodCidr);

    public static DockerHostOptions Docker => new(Path.Combine(Root, "docker"), Bridge, NodePodCidr);
}
