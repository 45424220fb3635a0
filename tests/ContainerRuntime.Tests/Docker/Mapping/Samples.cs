using NodeAgent.ContainerRuntime.Docker.Mapping;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Tests.Docker.Mapping;

internal static class Samples
{
    public static readonly DateTimeOffset Now = new(2026, 11, 21, 4, 0, 0, TimeSpan.Zero);

    public static EngineFacts Facts(bool systemd = false) => new(new Version(1, 41), systemd, "/var/lib/docker", ["runc", "gvisor"], -1000);

    public static PodSandboxConfig Sandbox() => new()
    {
        Metadata = new PodSandboxMetadata { Name = "web", Namespace = "shop", Uid = "u-1", Attempt = 0 },
        Hostname = "web",
        LogDirectory = "/var/log/pods/shop_web_u-1",
        Labels = { ["app"] = "web" },
        Annotations = { ["note"] = "x" },
        Linux = new LinuxPodSandboxConfig
        {
            CgroupParent = "/kubepods/kubepods-burstable.slice",
            SecurityContext = new LinuxSandboxSecurityContext { NamespaceOptions = new NamespaceOption() },
        },
    };

    public static ContainerConfig Container() => new()
    {
        Metadata = new ContainerMetadata { Name = "main", Attempt = 2 },
        Image = new ImageSpec { Image = "sha256:abc", UserSpecifiedImage = "nginx:1" },
        LogPath = "main/2.log",
        Linux = new LinuxContainerConfig { SecurityContext = new LinuxContainerSecurityContext { NamespaceOptions = new NamespaceOption { Pid = NamespaceMode.Container } } },
    };
}
