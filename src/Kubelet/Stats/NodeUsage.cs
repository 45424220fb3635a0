namespace NodeAgent.Kubelet.Stats;

/// <summary>What the whole host uses.</summary>
/// <param name="NanoCores">Null before there are two measurements.</param>
internal sealed record NodeUsage(DateTimeOffset BootedAt, HostUsage Host, ulong? NanoCores)
{
    public IReadOnlyList<InterfaceCounters> Network { get; init; } = [];

    /// <summary>The interface of the default route; empty when there is none.</summary>
    public string DefaultInterface { get; init; } = "";

    public FsUsage? Fs { get; init; }

    public FsUsage? ImageFs { get; init; }

    public long MaxProcesses { get; init; }

    public long Processes { get; init; }

    public Pressure? CpuPressure { get; init; }

    public Pressure? MemoryPressure { get; init; }

    public Pressure? IoPressure { get; init; }
}
