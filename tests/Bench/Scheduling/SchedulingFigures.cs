namespace NodeAgent.Bench.Scheduling;

/// <summary>What one run of one scheduler gave.</summary>
/// <param name="PodsPerSecond">From the first binding that a watcher saw to the last; with preemption, which comes before the first, from the start of the process.</param>
/// <param name="CpuPerPod">User and system time of the scheduler between the two, in milliseconds.</param>
/// <param name="PeakMegabytes">The most that the process ever had resident, in MB of 10^6 bytes.</param>
/// <param name="FirstBinding">Seconds from the start of the process to the first binding.</param>
/// <param name="Victims">How many pods had to leave for one that was bound.</param>
internal sealed record SchedulingFigures(double PodsPerSecond, double CpuPerPod, double PeakMegabytes, double FirstBinding, double Victims)
{
    /// <summary>The median of each figure for itself.</summary>
    public static SchedulingFigures Median(IReadOnlyList<SchedulingFigures> runs) => new(
        Median(runs.Select(r => r.PodsPerSecond)),
        Median(runs.Select(r => r.CpuPerPod)),
        Median(runs.Select(r => r.PeakMegabytes)),
        Median(runs.Select(r => r.FirstBinding)),
        Median(runs.Select(r => r.Victims)));

    public override string ToString() => FormattableString.Invariant($"{PodsPerSecond,8:F0} pods/s {CpuPerPod,8:F3} ms/pod {PeakMegabytes,7:F0} MB peak {FirstBinding,6:F2} s to the first{(Victims > 0 ? FormattableString.Invariant($" {Victims,6:F2} victims/pod") : "")}");

    public string RatiosTo(SchedulingFigures other) =>
        FormattableString.Invariant($"{PodsPerSecond / other.PodsPerSecond,8:F2}        {CpuPerPod / other.CpuPerPod,8:F2}        {PeakMegabytes / other.PeakMegabytes,7:F2}");

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
