using Google.Protobuf;
using NodeAgent.ContainerRuntime.V1;
using NodeAgent.DevCluster.Images;

namespace NodeAgent.Cluster.Tests.ContainerRuntime;

/// <summary>Configs of sandboxes and containers as the kubelet would write them.</summary>
internal static class Pods
{
    public static PodSandboxConfig Sandbox(IEngineFixture engine, string name)
    {
        var uid = Guid.NewGuid().ToString();
        var config = new PodSandboxConfig
        {
            Metadata = new PodSandboxMetadata { Name = name, Namespace = "contract", Uid = uid, Attempt = 0 },
            Hostname = name,
            LogDirectory = Path.Combine(engine.LogFolder, $"contract_{name}_{uid}"),
            DnsConfig = new DNSConfig { Servers = { "10.96.0.10" }, Searches = { "contract.svc.cluster.local", "svc.cluster.local" }, Options = { "ndots:5" } },
            Labels = { ["io.kubernetes.pod.name"] = name, ["io.kubernetes.pod.namespace"] = "contract", ["io.kubernetes.pod.uid"] = uid },
            Annotations = { ["kubernetes.io/config.source"] = "api" },
            Linux = new LinuxPodSandboxConfig
            {
                CgroupParent = engine.CgroupParent,
                SecurityContext = new LinuxSandboxSecurityContext { NamespaceOptions = PodNamespaces() },
            },
        };
        Directory.CreateDirectory(config.LogDirectory);
        return config;
    }

    public static ContainerConfig Container(string name, params string[] command)
    {
        var config = new ContainerConfig
        {
            Metadata = new ContainerMetadata { Name = name, Attempt = 0 },
            Image = new ImageSpec { Image = TestImages.BusyboxName },
            Labels = { ["io.kubernetes.container.name"] = name },
            Annotations = { ["io.kubernetes.container.restartCount"] = "0" },
            LogPath = $"{name}/0.log",
            Linux = new LinuxContainerConfig
            {
                Resources = new LinuxContainerResources { CpuShares = 102, OomScoreAdj = 1000 },
                SecurityContext = new LinuxContainerSecurityContext { NamespaceOptions = PodNamespaces() },
            },
        };
        config.Command.AddRange(command);
        return config;
    }

    public static ContainerConfig Shell(string name, string script) => Container(name, "sh", "-c", script);

    public static ContainerConfig With(this ContainerConfig config, string variable, string value)
    {
        config.Envs.Add(new KeyValue { Key = variable, Value = ByteString.CopyFromUtf8(value) });
        return config;
    }

    private static NamespaceOption PodNamespaces() => new() { Network = NamespaceMode.Pod, Pid = NamespaceMode.Container, Ipc = NamespaceMode.Pod };
}
