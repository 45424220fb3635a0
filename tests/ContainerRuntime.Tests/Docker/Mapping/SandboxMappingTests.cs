using NodeAgent.ContainerRuntime.Docker.Engine.Models;
using NodeAgent.ContainerRuntime.Docker.Mapping;
using NodeAgent.ContainerRuntime.V1;
using ContainerState = NodeAgent.ContainerRuntime.Docker.Engine.Models.ContainerState;

namespace NodeAgent.ContainerRuntime.Tests.Docker.Mapping;

public sealed class SandboxMappingTests
{
    [Fact]
    public void ToCreate_Sandbox_CanBeJoinedAndReadBack()
    {
        var created = Create(Samples.Sandbox(), "cni", "none");

        Assert.Equal("none", created.HostConfig!.NetworkMode);
        Assert.Equal("shareable", created.HostConfig.IpcMode);
        Assert.Null(created.HostConfig.PidMode);
        Assert.Equal(-998, created.HostConfig.OomScoreAdj);
        Assert.Equal("web", created.Hostname);
        Assert.Equal("pause", created.Image);
        var listed = SandboxMapping.FromList(Listed(created, "running"), _ => true)!;
        Assert.Equal(Samples.Sandbox().Metadata, listed.Metadata);
        Assert.Equal(Samples.Sandbox().Labels, listed.Labels);
        Assert.Equal(Samples.Sandbox().Annotations, listed.Annotations);
        Assert.Equal(DockerTime.Nanoseconds(Samples.Now), listed.CreatedAt);
    }

    [Theory]
    [InlineData(false, "/kubepods/kubepods-burstable.slice")]
    [InlineData(true, "kubepods-burstable.slice")]
    public void ToCreate_CgroupParent_IsInTheDriversForm(bool systemd, string expected) =>
        Assert.Equal(expected, Create(Samples.Sandbox(), "cni", "none", facts: Samples.Facts(systemd)).HostConfig!.CgroupParent);

    [Fact]
    public void ToCreate_HostNamespaces_AreTheHosts()
    {
        var config = Samples.Sandbox();
        config.Linux.SecurityContext.NamespaceOptions = new NamespaceOption { Network = NamespaceMode.Node, Pid = NamespaceMode.Node, Ipc = NamespaceMode.Node };

        var host = Create(config, "host", "host").HostConfig!;

        Assert.True(SandboxMapping.IsHostNetwork(config));
        Assert.Equal(("host", "host", "host"), (host.NetworkMode, host.PidMode, host.IpcMode));
    }

    [Fact]
    public void ToCreate_PortMappings_AreDockersOnABridgeOnly()
    {
        var config = Samples.Sandbox();
        config.PortMappings.Add(new PortMapping { Protocol = Protocol.Udp, ContainerPort = 53, HostPort = 5353, HostIp = "127.0.0.1" });
        config.PortMappings.Add(new PortMapping { Protocol = Protocol.Tcp, ContainerPort = 80 });

        var bridge = Create(config, "bridge", "nodeagent");

        Assert.Equal(["53/udp"], bridge.ExposedPorts!.Keys);
        Assert.Equal([new PortBinding { HostIp = "127.0.0.1", HostPort = "5353" }], bridge.HostConfig!.PortBindings!["53/udp"]);
        Assert.Null(Create(config, "cni", "none").HostConfig!.PortBindings);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("docker", null)]
    [InlineData("gvisor", "gvisor")]
    public void ToCreate_RuntimeHandler_IsTheEnginesRuntime(string handler, string? expected) =>
        Assert.Equal(expected, Create(Samples.Sandbox(), "cni", "none", handler).HostConfig!.Runtime);

    [Fact]
    public void ToCreate_UnknownRuntimeHandler_NamesThoseThatAreThere()
    {
        var error = Assert.Throws<RuntimeException>(() => Create(Samples.Sandbox(), "cni", "none", "kata"));

        Assert.Contains("gvisor, runc", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToCreate_UserNamespace_IsRefused()
    {
        var config = Samples.Sandbox();
        config.Linux.SecurityContext.NamespaceOptions.UsernsOptions = new UserNamespace { Mode = NamespaceMode.Pod };

        Assert.Equal(RuntimeErrorCode.Unimplemented, Assert.Throws<RuntimeException>(() => Create(config, "cni", "none")).Code);
    }

    [Theory]
    [InlineData("running", "cni", true, PodSandboxState.SandboxReady)]
    [InlineData("running", "cni", false, PodSandboxState.SandboxNotready)]
    [InlineData("running", "bridge", false, PodSandboxState.SandboxReady)]
    [InlineData("running", "host", false, PodSandboxState.SandboxReady)]
    [InlineData("exited", "cni", true, PodSandboxState.SandboxNotready)]
    [InlineData("created", "host", true, PodSandboxState.SandboxNotready)]
    public void FromList_State_NeedsTheNetworkToo(string state, string network, bool networkReady, PodSandboxState expected) =>
        Assert.Equal(expected, SandboxMapping.FromList(Listed(Create(Samples.Sandbox(), network, "none"), state), _ => networkReady)!.State);

    [Fact]
    public void FromInspect_Addresses_AreCnisOrDockers()
    {
        var container = new ContainerInspectResponse
        {
            ID = "abc",
            Name = "/k8s_POD_web_shop_u-1_0",
            State = new ContainerState { Running = true },
            HostConfig = new HostConfig { NetworkMode = "nodeagent" },
            NetworkSettings = new NetworkSettings
            {
                Networks = new Dictionary<string, EndpointSettings> { ["nodeagent"] = new() { IPAddress = "172.18.0.2", GlobalIPv6Address = "fd00::2" } },
            },
        };

        var docker = SandboxMapping.FromInspect(container, null, _ => false).Network;
        var cni = SandboxMapping.FromInspect(container, ["10.1.2.3"], _ => true).Network;
        var host = SandboxMapping.FromInspect(container with { HostConfig = new HostConfig { NetworkMode = "host" } }, null, _ => true);

        Assert.Equal(("172.18.0.2", "fd00::2"), (docker.Ip, Assert.Single(docker.AdditionalIps).Ip));
        Assert.Equal("10.1.2.3", cni.Ip);
        Assert.Equal("", host.Network.Ip);
        Assert.Equal(NamespaceMode.Node, host.Linux.Namespaces.Options.Network);
    }

    [Fact]
    public void FromInspect_SomebodysContainer_IsNoSandbox() =>
        Assert.Equal(
            RuntimeErrorCode.NotFound,
            Assert.Throws<RuntimeException>(() => SandboxMapping.FromInspect(new ContainerInspectResponse { Name = "/nginx" }, null, _ => true)).Code);

    private static CreateContainerParameters Create(PodSandboxConfig config, string network, string mode, string handler = "", EngineFacts? facts = null) =>
        SandboxMapping.ToCreate(config, handler, "pause", network, mode, Samples.Now, facts ?? Samples.Facts(), _ => "{}");

    private static ContainerListResponse Listed(CreateContainerParameters created, string state) =>
        new() { ID = "abc", Names = ["/" + PodObjectName.ForSandbox(Samples.Sandbox().Metadata)], State = state, Labels = created.Labels };
}
