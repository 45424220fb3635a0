using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Tests.Builders;

namespace NodeAgent.Kubelet.Tests.Containers;

public class LinuxResourcesTests
{
    private const long Capacity = 4_000_000_000;

    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 2)]
    [InlineData(500, 512)]
    [InlineData(2000, 2048)]
    [InlineData(1_000_000, 262_144)]
    public void Shares_OfMilliCpu_AreUpstreams(long milli, long expected) => Assert.Equal(expected, LinuxResources.Shares(milli));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(5, 1000)]
    [InlineData(100, 10_000)]
    [InlineData(1500, 150_000)]
    public void Quota_OfMilliCpu_IsUpstreams(long milli, long expected) => Assert.Equal(expected, LinuxResources.Quota(milli, LinuxResources.DefaultCpuPeriod));

    [Theory]
    [InlineData(2, 1)]
    [InlineData(1024, 39)]
    [InlineData(262_144, 10_000)]
    public void Weight_OfShares_IsOnTheScaleOfCgroup2(long shares, long expected) => Assert.Equal(expected, LinuxResources.Weight(shares));

    [Fact]
    public void For_LimitWithoutRequest_SharesFollowTheLimit()
    {
        var pod = new PodBuilder().Container("a", c => PodBuilder.Limits(c, "500m", "64Mi")).Build();

        var resources = LinuxResources.For(pod, pod.Spec.Containers[0], Capacity, LinuxResources.DefaultCpuPeriod);

        Assert.Equal((512, 50_000, 100_000, 64L << 20, -997), (resources.CpuShares, resources.CpuQuota, resources.CpuPeriod, resources.MemoryLimitInBytes, resources.OomScoreAdj));
    }

    [Fact]
    public void OomScore_BestEffort_IsTheHighest()
    {
        var pod = new PodBuilder().Container("a").Build();

        Assert.Equal(1000, LinuxResources.OomScore(pod, pod.Spec.Containers[0], Capacity));
    }

    [Fact]
    public void OomScore_Burstable_FallsWithTheMemoryAskedFor()
    {
        var pod = new PodBuilder().Container("a", c => PodBuilder.Requests(c, "1m", "1G")).Build();

        Assert.Equal(750, LinuxResources.OomScore(pod, pod.Spec.Containers[0], Capacity));
    }

    [Fact]
    public void OomScore_PodAsksForMoreThanItsContainers_TheRestIsSharedEqually()
    {
        var pod = OfPod(requests: "2G", limits: "3G").Container("a", c => PodBuilder.Requests(c, "1m", "1G")).Container("b").Build();

        Assert.Equal((625, 875), (LinuxResources.OomScore(pod, pod.Spec.Containers[0], Capacity), LinuxResources.OomScore(pod, pod.Spec.Containers[1], Capacity)));
    }

    [Fact]
    public void OomScore_SidecarOfAPodWithResources_IsNotAboveThatOfTheOthers()
    {
        var pod = OfPod(requests: "2G", limits: "3G").Sidecar("s").Container("a", c => PodBuilder.Requests(c, "1m", "1G")).Build();

        Assert.Equal(625, LinuxResources.OomScore(pod, pod.Spec.InitContainers[0], Capacity));
    }

    [Fact]
    public void For_ContainerWithoutLimits_HasThePods()
    {
        var pod = OfPod(requests: "1G", limits: "2G").Container("a").Container("b", c => PodBuilder.Limits(c, "100m", "64Mi")).Build();

        Assert.Equal((2_000_000_000, 50_000), Limits(0));
        Assert.Equal((64L << 20, 10_000), Limits(1));

        (long Memory, long Quota) Limits(int i)
        {
            var resources = LinuxResources.For(pod, pod.Spec.Containers[i], Capacity, LinuxResources.DefaultCpuPeriod);
            return (resources.MemoryLimitInBytes, resources.CpuQuota);
        }
    }

    private static PodBuilder OfPod(string requests, string limits) => new PodBuilder().With(p => p.Spec.Resources = new ResourceRequirements
    {
        Requests = { ["cpu"] = new Quantity { String = "250m" }, ["memory"] = new Quantity { String = requests } },
        Limits = { ["cpu"] = new Quantity { String = "500m" }, ["memory"] = new Quantity { String = limits } },
    });
}
