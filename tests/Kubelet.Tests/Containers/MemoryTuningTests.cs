using NodeAgent.ContainerRuntime.V1;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Tests.Builders;

namespace NodeAgent.Kubelet.Tests.Containers;

public sealed class MemoryTuningTests
{
    private const long Mega = 1024 * 1024;
    private static readonly MemoryTuning Unified = new(true, 1000 * Mega) { NodeSwap = 500 * Mega, AllocatableMemory = 900 * Mega };

    [Theory]
    [InlineData("100Mi", "200Mi", true, 50)]
    [InlineData("100Mi", "", true, 50)]
    [InlineData("100Mi", "200Mi", false, 0)]
    [InlineData("100Mi", "100Mi", true, 0)]
    [InlineData("", "", true, 0)]
    [InlineData("2000Mi", "", true, 0)]
    public void Apply_OnCgroupV2_GivesBurstableContainersTheirPartOfTheSwap(string request, string limit, bool limited, long expected)
    {
        var resources = Apply(Unified with { LimitedSwap = limited }, request, limit);

        Assert.Equal(expected * Mega, long.Parse(resources.Unified["memory.swap.max"], System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(resources.MemoryLimitInBytes == 0 ? 0 : resources.MemoryLimitInBytes + (expected * Mega), resources.MemorySwapLimitInBytes);
        Assert.False(resources.Unified.ContainsKey("memory.high"));
    }

    [Fact]
    public void Apply_OnCgroupV1_IsNoSwap()
    {
        var resources = Apply(Unified with { IsUnified = false, LimitedSwap = true, ThrottlingFactor = 0.9 }, "100Mi", "200Mi");

        Assert.Empty(resources.Unified);
        Assert.Equal(200 * Mega, resources.MemorySwapLimitInBytes);
    }

    [Theory]
    [InlineData("100Mi", "200Mi", 0.9, "199229440")]
    [InlineData("", "200Mi", 0.5, "104857600")]
    [InlineData("100Mi", "", 0.5, "524288000")]
    [InlineData("100Mi", "100Mi", 0.9, null)]
    public void Apply_WithTheGate_SlowsDownBetweenRequestAndLimit(string request, string limit, double factor, string? expected)
    {
        var resources = Apply(Unified with { ThrottlingFactor = factor }, request, limit);

        Assert.Equal(expected, resources.Unified.TryGetValue("memory.high", out var high) ? high : null);
        Assert.Equal("0 0", $"{resources.Unified["memory.min"]} {resources.Unified["memory.low"]}");
    }

    private static LinuxContainerResources Apply(MemoryTuning tuning, string request, string limit)
    {
        var pod = new PodBuilder().Container("main", c =>
        {
            c.Resources = new KubeApi.Core.V1.ResourceRequirements { Requests = { ["cpu"] = new KubeApi.Meta.Quantity { String = "1" } } };
            if (request.Length > 0)
            {
                c.Resources.Requests["memory"] = new KubeApi.Meta.Quantity { String = request };
            }

            if (limit.Length > 0)
            {
                c.Resources.Limits["memory"] = new KubeApi.Meta.Quantity { String = limit };
            }
        }).Build();
        var resources = LinuxResources.Of(0, 0, limit.Length == 0 ? 0 : long.Parse(limit[..^2], System.Globalization.CultureInfo.InvariantCulture) * Mega, null);
        tuning.Apply(pod, pod.Spec.Containers[0], resources);
        return resources;
    }
}
