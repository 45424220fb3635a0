using System.Globalization;
using NodeAgent.ContainerRuntime.Docker.Engine.Models;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Docker.Mapping;

/// <summary>CRI's resources as Docker's and back.</summary>
/// <remarks>Docker Engine has no huge page limits and no free cgroup v2 keys but pids.max; they are left out.</remarks>
internal static class ResourceMapping
{
    /// <param name="oomScoreFloor">The lowest OOM score adjustment that the host lets a container have.</param>
    public static HostConfig Apply(HostConfig host, LinuxContainerResources? resources, int oomScoreFloor)
    {
        if (resources is null)
        {
            return host;
        }

        return host with
        {
            CpuShares = resources.CpuShares,
            CpuPeriod = resources.CpuPeriod,
            CpuQuota = resources.CpuQuota,
            CpusetCpus = resources.CpusetCpus,
            CpusetMems = resources.CpusetMems,
            Memory = resources.MemoryLimitInBytes,
            MemorySwap = Swap(resources),
            OomScoreAdj = (int)Math.Max(resources.OomScoreAdj, oomScoreFloor),
            PidsLimit = resources.Unified.TryGetValue("pids.max", out var pids)
                && long.TryParse(pids, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : null,
        };
    }

    public static ContainerUpdateParameters ToUpdate(LinuxContainerResources resources) => new()
    {
        CpuShares = NullIfZero(resources.CpuShares),
        CpuPeriod = NullIfZero(resources.CpuPeriod),
        CpuQuota = NullIfZero(resources.CpuQuota),
        CpusetCpus = resources.CpusetCpus.Length > 0 ? resources.CpusetCpus : null,
        CpusetMems = resources.CpusetMems.Length > 0 ? resources.CpusetMems : null,
        Memory = NullIfZero(resources.MemoryLimitInBytes),
        MemorySwap = NullIfZero(Swap(resources)),
    };

    public static LinuxContainerResources FromDocker(HostConfig host) => new()
    {
        CpuShares = host.CpuShares,
        CpuPeriod = host.CpuPeriod,
        CpuQuota = host.CpuQuota,
        CpusetCpus = host.CpusetCpus ?? "",
        CpusetMems = host.CpusetMems ?? "",
        MemoryLimitInBytes = host.Memory,
        MemorySwapLimitInBytes = host.MemorySwap,
        OomScoreAdj = host.OomScoreAdj,
    };

    /// <summary>Memory and swap together; the same as memory alone means no swap, where Docker by itself would give as much again.</summary>
    private static long Swap(LinuxContainerResources resources) =>
        resources.MemorySwapLimitInBytes != 0 ? resources.MemorySwapLimitInBytes : resources.MemoryLimitInBytes;

    private static long? NullIfZero(long value) => value == 0 ? null : value;
}
