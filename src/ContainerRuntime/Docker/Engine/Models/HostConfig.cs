namespace NodeAgent.ContainerRuntime.Docker.Engine.Models;

internal sealed record HostConfig
{
    public IReadOnlyList<string>? Binds { get; init; }

    public LogConfig? LogConfig { get; init; }

    public string? NetworkMode { get; init; }

    public IReadOnlyDictionary<string, IReadOnlyList<PortBinding>>? PortBindings { get; init; }

    public RestartPolicy? RestartPolicy { get; init; }

    public IReadOnlyList<string>? CapAdd { get; init; }

    public IReadOnlyList<string>? CapDrop { get; init; }

    public IReadOnlyList<string>? Dns { get; init; }

    public IReadOnlyList<string>? DnsOptions { get; init; }

    public IReadOnlyList<string>? DnsSearch { get; init; }

    public IReadOnlyList<string>? GroupAdd { get; init; }

    public string? IpcMode { get; init; }

    public string? PidMode { get; init; }

    public string? UTSMode { get; init; }

    public int OomScoreAdj { get; init; }

    public bool Privileged { get; init; }

    public bool ReadonlyRootfs { get; init; }

    public IReadOnlyList<string>? SecurityOpt { get; init; }

    public IReadOnlyDictionary<string, string>? Sysctls { get; init; }

    public string? Runtime { get; init; }

    public IReadOnlyList<Mount>? Mounts { get; init; }

    public IReadOnlyList<string>? MaskedPaths { get; init; }

    public IReadOnlyList<string>? ReadonlyPaths { get; init; }

    public string? CgroupParent { get; init; }

    public long CpuShares { get; init; }

    public long CpuPeriod { get; init; }

    public long CpuQuota { get; init; }

    public string? CpusetCpus { get; init; }

    public string? CpusetMems { get; init; }

    public long Memory { get; init; }

    public long MemorySwap { get; init; }

    public long? PidsLimit { get; init; }

    public IReadOnlyList<DeviceMapping>? Devices { get; init; }

    public IReadOnlyList<DeviceRequest>? DeviceRequests { get; init; }
}
