using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.Kubelet.Resources;

namespace NodeAgent.Kubelet.Tests.Resources;

public sealed class CgroupValuesTests
{
    private const long Period = 100_000;

    [Fact]
    public void OfPod_Guaranteed_LimitsCpuMemoryAndPids()
    {
        var pod = PodOf(Container(("cpu", "500m"), ("memory", "64Mi")));

        Assert.Equal(
            [new CgroupValue("cpu", "cpu.shares", "512"), new CgroupValue("cpu", "cpu.cfs_period_us", "100000"), new CgroupValue("cpu", "cpu.cfs_quota_us", "50000"), new CgroupValue("memory", "memory.limit_in_bytes", "67108864"), new CgroupValue("pids", "pids.max", "100")],
            CgroupValues.OfPod(pod, isUnified: false, Period, 100, []));
        Assert.Equal(
            [new CgroupValue("cpu", "cpu.weight", "20"), new CgroupValue("cpu", "cpu.max", "50000 100000"), new CgroupValue("memory", "memory.max", "67108864"), new CgroupValue("pids", "pids.max", "100")],
            CgroupValues.OfPod(pod, isUnified: true, Period, 100, []));
    }

    [Fact]
    public void OfPod_WithOneContainerUnlimited_HasNoLimit()
    {
        var pod = PodOf(Container(("cpu", "500m"), ("memory", "64Mi")), new Container { Name = "free" });

        Assert.Equal([new CgroupValue("cpu", "cpu.shares", "512")], CgroupValues.OfPod(pod, isUnified: false, Period, -1, []));
    }

    [Fact]
    public void OfPod_ResourcesOfThePodItself_StandForThoseOfItsContainers()
    {
        var pod = PodOf(Container(("cpu", "100m"), ("memory", "8Mi")), new Container { Name = "free" });
        pod.Spec.Resources = new ResourceRequirements
        {
            Requests = { ["cpu"] = Amount("500m"), ["memory"] = Amount("32Mi") },
            Limits = { ["cpu"] = Amount("1"), ["memory"] = Amount("64Mi") },
        };

        Assert.Equal("Burstable", NodeAgent.Kubelet.Pods.Model.PodQos.Of(pod));
        Assert.Equal(
            [new CgroupValue("cpu", "cpu.weight", "20"), new CgroupValue("cpu", "cpu.max", "100000 100000"), new CgroupValue("memory", "memory.max", "67108864")],
            CgroupValues.OfPod(pod, isUnified: true, Period, 0, []));
    }

    [Fact]
    public void OfPod_BestEffort_HasTheFewestShares() =>
        Assert.Equal([new CgroupValue("cpu", "cpu.shares", "2")], CgroupValues.OfPod(PodOf(new Container { Name = "c" }), isUnified: false, Period, 0, []));

    [Fact]
    public void OfPod_WithHugePages_LimitsEverySize()
    {
        var pod = PodOf(Container(("memory", "64Mi"), ("hugepages-2Mi", "4Mi")));

        var values = CgroupValues.OfPod(pod, isUnified: false, cpuPeriod: null, 0, ["2MB", "1GB"]);

        Assert.Contains(new CgroupValue("hugetlb", "hugetlb.2MB.limit_in_bytes", "4194304"), values);
        Assert.Contains(new CgroupValue("hugetlb", "hugetlb.1GB.limit_in_bytes", "0"), values);
    }

    [Fact]
    public void OfBurstable_SumsWhatBurstablePodsAskFor()
    {
        var burstable = PodOf(new Container { Name = "c", Resources = new ResourceRequirements { Requests = { ["cpu"] = Amount("250m") } } });

        Assert.Equal(new CgroupValue("cpu", "cpu.shares", "512"), CgroupValues.OfBurstable([burstable, burstable, PodOf(Container(("cpu", "1"), ("memory", "1Mi")))], isUnified: false));
        Assert.Equal(new CgroupValue("cpu", "cpu.shares", "2"), CgroupValues.OfBurstable([], isUnified: false));
    }

    [Theory]
    [InlineData("hugepages-2Mi", "2MB")]
    [InlineData("hugepages-1Gi", "1GB")]
    [InlineData("hugepages-64Ki", "64KB")]
    public void HugePageSize_IsTheCgroupsName(string resource, string expected) => Assert.Equal(expected, CgroupValues.HugePageSize(resource));

    private static Container Container(params (string Name, string Amount)[] both)
    {
        var container = new Container { Name = "c", Resources = new ResourceRequirements() };
        foreach (var (name, amount) in both)
        {
            container.Resources.Limits[name] = Amount(amount);
            container.Resources.Requests[name] = Amount(amount);
        }

        return container;
    }

    private static Quantity Amount(string text) => new() { String = text };

    private static Pod PodOf(params Container[] containers) => new() { Metadata = new KubeApi.Meta.V1.ObjectMeta { Name = "p", Uid = "u" }, Spec = new PodSpec { Containers = { containers } } };
}
