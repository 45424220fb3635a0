using Google.Protobuf;
using NodeAgent.ContainerRuntime.Docker.Engine.Models;
using NodeAgent.ContainerRuntime.Docker.Mapping;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Tests.Docker.Mapping;

public sealed class ContainerMappingTests
{
    [Fact]
    public void ToCreate_Container_JoinsTheSandbox()
    {
        var created = Create(Samples.Container());

        Assert.Equal("container:pod1", created.HostConfig!.NetworkMode);
        Assert.Equal("container:pod1", created.HostConfig.IpcMode);
        Assert.Null(created.HostConfig.PidMode);
        Assert.Null(created.HostConfig.UTSMode);
        Assert.Equal(["NONE"], created.Healthcheck!.Test);
        Assert.Equal("no", created.HostConfig.RestartPolicy!.Name);
        Assert.Equal("pod1", created.Labels![DockerLabels.SandboxId]);
        Assert.Equal("/var/log/pods/shop_web_u-1/main/2.log", created.Labels[DockerLabels.LogPath]);
        Assert.Equal("nginx:1", created.Labels[DockerLabels.UserImage]);
    }

    [Fact]
    public void ToCreate_Log_IsJsonFileThatTheEngineDoesNotRotate()
    {
        var log = Create(Samples.Container()).HostConfig!.LogConfig!;

        Assert.Equal("json-file", log.Type);
        Assert.Equal("1", log.Config!["max-file"]);
    }

    [Theory]
    [InlineData(NamespaceMode.Pod, "container:pod1")]
    [InlineData(NamespaceMode.Container, null)]
    [InlineData(NamespaceMode.Node, "host")]
    [InlineData(NamespaceMode.Target, "container:other")]
    public void ToCreate_PidNamespace_IsDockersMode(NamespaceMode mode, string? expected)
    {
        var config = Samples.Container();
        config.Linux.SecurityContext.NamespaceOptions = new NamespaceOption { Pid = mode, TargetId = mode == NamespaceMode.Target ? "other" : "" };

        Assert.Equal(expected, Create(config).HostConfig!.PidMode);
    }

    [Fact]
    public void ToCreate_HostNetworkAndIpc_AreTheHosts()
    {
        var config = Samples.Container();
        config.Linux.SecurityContext.NamespaceOptions = new NamespaceOption { Network = NamespaceMode.Node, Ipc = NamespaceMode.Node };

        var host = Create(config).HostConfig!;

        Assert.Equal(("container:pod1", "host", "host"), (host.NetworkMode, host.UTSMode, host.IpcMode));
    }

    [Fact]
    public void ToCreate_CommandArgsEnv_AreEntrypointCmdEnv()
    {
        var config = Samples.Container();
        config.Command.Add("sh");
        config.Args.Add("-c");
        config.Envs.Add(new KeyValue { Key = "A", Value = ByteString.CopyFromUtf8("b=c") });

        var created = Create(config);

        Assert.Equal(["sh"], created.Entrypoint);
        Assert.Equal(["-c"], created.Cmd);
        Assert.Equal(["A=b=c"], created.Env);
        Assert.Null(Create(Samples.Container()).Entrypoint);
    }

    [Fact]
    public void ToCreate_MaskedPaths_EmptyIsNoneAndPrivilegedIsTheEngines()
    {
        var config = Samples.Container();
        Assert.Empty(Create(config).HostConfig!.MaskedPaths!);

        config.Linux.SecurityContext.MaskedPaths.Add("/proc/kcore");
        Assert.Equal(["/proc/kcore"], Create(config).HostConfig!.MaskedPaths);

        config.Linux.SecurityContext.Privileged = true;
        Assert.Null(Create(config).HostConfig!.MaskedPaths);

        config.Linux.SecurityContext = null;
        Assert.Null(Create(config).HostConfig!.MaskedPaths);
    }

    [Fact]
    public void ToCreate_SecurityContext_IsApplied()
    {
        var config = Samples.Container();
        var context = config.Linux.SecurityContext;
        context.RunAsUser = new Int64Value { Value = 7 };
        context.SupplementalGroups.Add([1, 2]);
        context.ReadonlyRootfs = true;
        context.Capabilities = new Capability { AddCapabilities = { "NET_ADMIN" }, DropCapabilities = { "ALL" } };

        var created = Create(config);

        Assert.Equal("7", created.User);
        Assert.Equal(["1", "2"], created.HostConfig!.GroupAdd);
        Assert.Equal(["NET_ADMIN"], created.HostConfig.CapAdd);
        Assert.Equal(["ALL"], created.HostConfig.CapDrop);
        Assert.True(created.HostConfig.ReadonlyRootfs);
    }

    [Fact]
    public void ToCreate_Devices_ByPathAndByCdiName()
    {
        var config = Samples.Container();
        config.Devices.Add(new Device { HostPath = "/dev/fuse", ContainerPath = "/dev/fuse", Permissions = "rwm" });
        config.CDIDevices.Add(new CDIDevice { Name = "vendor.com/gpu=0" });

        var host = Create(config).HostConfig!;

        Assert.Equal([new DeviceMapping { PathOnHost = "/dev/fuse", PathInContainer = "/dev/fuse", CgroupPermissions = "rwm" }], host.Devices);
        Assert.Equal(["vendor.com/gpu=0"], Assert.Single(host.DeviceRequests!).DeviceIDs);
    }

    private static CreateContainerParameters Create(ContainerConfig config) =>
        ContainerMapping.ToCreate("pod1", config, Samples.Sandbox(), null, Samples.Now, Samples.Facts(), _ => "{}");
}
