using NodeAgent.ContainerRuntime.Docker.Engine.Models;
using NodeAgent.ContainerRuntime.Docker.Mapping;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Tests.Docker.Mapping;

public sealed class ResourceMappingTests
{
    private static readonly LinuxContainerResources Some = new()
    {
        CpuShares = 512,
        CpuPeriod = 100000,
        CpuQuota = 50000,
        CpusetCpus = "0-1",
        CpusetMems = "0",
        MemoryLimitInBytes = 64 << 20,
        OomScoreAdj = -997,
        Unified = { ["pids.max"] = "100" },
    };

    [Fact]
    public void Apply_Resources_AreDockersAndThereIsNoSwap()
    {
        var host = ResourceMapping.Apply(new HostConfig(), Some, -1000);

        Assert.Equal(
            new HostConfig
            {
                CpuShares = 512,
                CpuPeriod = 100000,
                CpuQuota = 50000,
                CpusetCpus = "0-1",
                CpusetMems = "0",
                Memory = 64 << 20,
                MemorySwap = 64 << 20,
                OomScoreAdj = -997,
                PidsLimit = 100,
            },
            host);
    }

    [Theory]
    [InlineData(-1000, -997)]
    [InlineData(0, 0)]
    [InlineData(200, 200)]
    public void Apply_OomScore_NotBelowWhatTheHostGrants(int floor, int expected) =>
        Assert.Equal(expected, ResourceMapping.Apply(new HostConfig(), Some, floor).OomScoreAdj);

    [Theory]
    [InlineData(0, 64 << 20)]
    [InlineData(96 << 20, 96 << 20)]
    [InlineData(-1, -1)]
    public void Apply_Swap_AsAskedOrNone(long asked, long expected)
    {
        var resources = Some.Clone();
        resources.MemorySwapLimitInBytes = asked;

        Assert.Equal(expected, ResourceMapping.Apply(new HostConfig(), resources, -1000).MemorySwap);
    }

    [Fact]
    public void ToUpdate_ZeroAndEmpty_AreLeftAsTheyAre() =>
        Assert.Equal(
            new ContainerUpdateParameters { Memory = 1 << 30, MemorySwap = 1 << 30 },
            ResourceMapping.ToUpdate(new LinuxContainerResources { MemoryLimitInBytes = 1 << 30 }));
}
