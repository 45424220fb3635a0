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
}
