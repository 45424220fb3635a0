using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.Kubelet.Eviction;
using NodeAgent.Kubelet.Stats;
using NodeAgent.Kubelet.Tests.Builders;

namespace NodeAgent.Kubelet.Tests.Eviction;

public class LocalStorageLimitsTests
{
    private const long Limit = 1L << 20;

    [Fact]
    public void Exceeded_EmptyDirAboveItsLimit_IsNamed()
    {
        var pod = new PodBuilder().Container("web").Build();
        pod.Spec.Volumes.Add(new Volume { Name = "cache", VolumeSource = new VolumeSource { EmptyDir = new EmptyDirVolumeSource { SizeLimit = new Quantity { String = "1Mi" } } } });

        Assert.Equal("Usage of EmptyDir volume \"cache\" exceeds the limit \"1Mi\". ", LocalStorageLimits.Exceeded(pod, Holding(Limit + 1))?.Message);
        Assert.Null(LocalStorageLimits.Exceeded(pod, Holding(Limit)));

        static PodDisk Holding(long bytes) => new() { Volumes = [new VolumeUsage("cache", Taking(bytes), IsEphemeral: true)] };
    }

    [Fact]
    public void Exceeded_LayerAndLogsOfOneContainer_CountAgainstItsLimit()
    {
        var pod = new PodBuilder().Container("web", Limited).Container("side").Build();

        Assert.Equal("Container web exceeded its local ephemeral storage limit \"1Mi\". ", LocalStorageLimits.Exceeded(pod, Holding("web", Limit))?.Message);
        Assert.Null(LocalStorageLimits.Exceeded(pod, Holding("web", Limit - 1)));
        Assert.Null(LocalStorageLimits.Exceeded(pod, Holding("side", Limit)));

        static PodDisk Holding(string name, long layer) => new()
        {
            Rootfs = new Dictionary<string, FsUsage> { [name] = Taking(layer) },
            Logs = new Dictionary<string, FsUsage> { [name] = Taking(1) },
        };
    }

    [Fact]
    public void Exceeded_VolumesOfAPodWhoseContainersAllHaveLimits_CountAgainstTheirSum()
    {
        var pod = new PodBuilder().Container("web", Limited).Build();
        var disk = new PodDisk { Volumes = [new VolumeUsage("cache", Taking(Limit + 1), IsEphemeral: true), new VolumeUsage("claim", Taking(Limit), IsEphemeral: false)] };

        Assert.Equal("Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. ", LocalStorageLimits.Exceeded(pod, disk)?.Message);
        Assert.Null(LocalStorageLimits.Exceeded(pod, disk with { Volumes = [disk.Volumes[1]] }));
    }

    private static void Limited(Container container) =>
        container.Resources = new ResourceRequirements { Limits = { ["ephemeral-storage"] = new Quantity { String = "1Mi" } } };

    private static FsUsage Taking(long bytes) => new(DateTimeOffset.UnixEpoch, (ulong)bytes, 1);
}
