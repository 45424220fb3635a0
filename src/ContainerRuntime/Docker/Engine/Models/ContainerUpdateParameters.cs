namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record ContainerUpdateParameters
{
    public long? CpuShares { get; init; }

    public long? CpuPeriod { get; init; }

    public long? CpuQuota { get; init; }

    public string? CpusetCpus { get; init; }

    public string? CpusetMems { get; init; }

    public long? Memory { get; init; }

    public long? MemorySwap { get; init; }
}
