using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Pods.Workers;
using NodeAgent.Kubelet.Volumes;

namespace NodeAgent.Kubelet.Tests.Volumes;

public sealed class VolumePluginTests
{
    [Theory]
    [InlineData(null, null, 1000)]
    [InlineData("400", null, 400)]
    [InlineData("4000", null, 1000)]
    [InlineData(null, "300", 300)]
    [InlineData("400", "300", 300)]
    public void MemorySize_IsTheLeastOfLimitPodAndNode(string? own, string? podLimit, long expected)
    {
        var container = new Container { Name = "c", Resources = new ResourceRequirements() };
        if (podLimit is not null)
        {
            container.Resources.Limits["memory"] = new Quantity { String = podLimit };
        }

        var source = new EmptyDirVolumeSource();
        if (own is not null)
        {
            source.SizeLimit = new Quantity { String = own };
        }

        Assert.Equal(expected, EmptyDirPlugin.MemorySize(new Pod { Spec = new PodSpec { Containers = { container } } }, source, 1000));
    }

    [Theory]
    [InlineData("HugePages-2Mi", "2M", "hugepages-1Gi")]
    [InlineData("HugePages", "1G", "hugepages-1Gi")]
    [InlineData("HugePages", null)]
    [InlineData("HugePages", null, "hugepages-1Gi", "hugepages-2Mi")]
    public void PageSize_IsTheMediumsOrTheOneThatThePodAsksFor(string medium, string? expected, params string[] requests)
    {
        var container = new Container { Name = "c", Resources = new ResourceRequirements() };
        foreach (var name in requests)
        {
            container.Resources.Requests[name] = new Quantity { String = "1Gi" };
        }

        var pod = new Pod { Spec = new PodSpec { Containers = { container } } };

        if (expected is null)
        {
            Assert.Throws<VolumeException>(() => EmptyDirPlugin.PageSize(pod, medium));
        }
        else
        {
            Assert.Equal(expected, EmptyDirPlugin.PageSize(pod, medium));
        }
    }

    [Theory]
    [InlineData("10.0.0.1", false, "", "-t nfs 10.0.0.1:/export /target")]
    [InlineData("fd00::1", true, "nfsvers=4.1,hard", "-t nfs -o ro,nfsvers=4.1,hard [fd00::1]:/export /target")]
    public void NfsArguments_AreTheMountHelpers(string server, bool readOnly, string options, string expected) => Assert.Equal(
        expected,
        string.Join(' ', NfsPlugin.Arguments(new NFSVolumeSource { Server = server, Path = "/export" }, options.Split(',', StringSplitOptions.RemoveEmptyEntries), readOnly, "/target")));

    [Theory]
    [InlineData("containerd", "1.6.20~ds1", false)]
    [InlineData("containerd", "v2.0.5", false)]
    [InlineData("containerd", "v2.1.0", true)]
    [InlineData("docker", "28.0.0", false)]
    [InlineData("cri-o", "1.33.0", true)]
    public void ImageVolumes_AreRefusedWhereTheRuntimeCannot(string runtime, string version, bool can) => Assert.Equal(can, RuntimeFeatures.WhyNoImageVolumes(runtime, version) is null);

    [Theory]
    [InlineData("", true, false, false)]
    [InlineData("Disabled", true, true, false)]
    [InlineData("IfPossible", true, false, false)]
    [InlineData("IfPossible", true, true, true)]
    [InlineData("Enabled", true, true, true)]
    public void RecursiveReadOnly_FollowsTheMountAndTheRuntime(string mode, bool readOnly, bool supported, bool expected) =>
        Assert.Equal(expected, ContainerMounts.RecursiveReadOnly(new VolumeMount { Name = "v", ReadOnly = readOnly, RecursiveReadOnly = mode }, supported));

    [Theory]
    [InlineData("Enabled", true, "", false, "it is not supported by the runtime")]
    [InlineData("Enabled", false, "", true, "it is not read-only")]
    [InlineData("IfPossible", true, "HostToContainer", true, "it is not compatible with propagation")]
    public void RecursiveReadOnly_WhereItCannotBe_IsRefused(string mode, bool readOnly, string propagation, bool supported, string why)
    {
        var mount = new VolumeMount { Name = "v", ReadOnly = readOnly, RecursiveReadOnly = mode, MountPropagation = propagation };

        Assert.Contains(why, Assert.Throws<ContainerConfigException>(() => ContainerMounts.RecursiveReadOnly(mount, supported)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SubPath_OfAnUnknownVariable_IsRefused()
    {
        var mount = new VolumeMount { Name = "v", SubPathExpr = "a/$(NAME)/$$(NAME)" };

        Assert.Equal("a/x/$(NAME)", ContainerMounts.SubPath(mount, [KeyValuePair.Create("NAME", "x")]));
        Assert.Throws<ContainerConfigException>(() => ContainerMounts.SubPath(mount, []));
    }
}
