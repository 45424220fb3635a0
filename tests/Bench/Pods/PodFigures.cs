namespace NodeAgent.Bench.Pods;

/// <summary>All samples of one kubelet over all rounds; times in seconds, memory in MB.</summary>
internal sealed class PodFigures
{
    public List<double> SingleReady { get; } = [];

    public List<double> SingleGone { get; } = [];

    public List<double> BurstReady { get; } = [];

    public List<double> BurstGone { get; } = [];

    public List<double> Memory { get; } = [];

    public List<double> CpuSeconds { get; } = [];

    public List<double> FullReady { get; } = [];

    public List<double> FullGone { get; } = [];

    /// <summary>In milliseconds of CPU per second.</summary>
    public List<double> IdleCpu { get; } = [];

    public List<double> FullMemory { get; } = [];

    public List<double> CycleMemoryEarly { get; } = [];

    public List<double> CycleMemoryLate { get; } = [];
}
