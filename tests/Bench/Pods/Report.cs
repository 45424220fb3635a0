using System.Globalization;

namespace NodeAgent.Bench.Pods;

/// <summary>Prints medians side by side, with the ratio of this project's to upstream's.</summary>
internal static class Report
{
    private static readonly (string Name, string Unit, Func<PodFigures, List<double>> Samples)[] Rows =
    [
        ("one pod: create -> Ready", "s", f => f.SingleReady),
        ("one pod: delete -> gone", "s", f => f.SingleGone),
        ("pods at once: create -> all Ready", "s", f => f.BurstReady),
        ("pods at once: delete -> all gone", "s", f => f.BurstGone),
        ("kubelet memory (PSS) with them", "MB", f => f.Memory),
        ("kubelet CPU for the whole round", "s", f => f.CpuSeconds),
        ("full node: create -> all Ready", "s", f => f.FullReady),
        ("full node: kubelet CPU at idle", "ms/s", f => f.IdleCpu),
        ("full node: kubelet memory (PSS)", "MB", f => f.FullMemory),
        ("full node: delete -> all gone", "s", f => f.FullGone),
        ("cycles: memory before the middle", "MB", f => f.CycleMemoryEarly),
        ("cycles: memory at the end", "MB", f => f.CycleMemoryLate),
    ];

    public static void Print(IReadOnlyDictionary<string, PodFigures> figures)
    {
        Console.WriteLine();
        Console.WriteLine($"{"median",-36} {"unit",-5}" + string.Concat(figures.Keys.Select(name => $"{name,12}")) + $"{"ratio",9}");
        foreach (var (name, unit, samples) in Rows.Where(r => figures.Values.Any(f => r.Samples(f).Count > 0)))
        {
            var medians = figures.Values.Select(f => Median(samples(f))).ToArray();
            var ratio = medians.Length == 2 ? (medians[0] / medians[1]).ToString("0.00", CultureInfo.InvariantCulture) : "";
            Console.WriteLine($"{name,-36} {unit,-5}" + string.Concat(medians.Select(m => string.Create(CultureInfo.InvariantCulture, $"{m,12:0.000}"))) + $"{ratio,9}");
        }
    }

    private static double Median(List<double> samples)
    {
        var sorted = samples.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
