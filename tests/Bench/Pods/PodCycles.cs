using System.Globalization;
using NodeAgent.Bench.Kubelets;

namespace NodeAgent.Bench.Pods;

/// <summary>Pods that come and go again and again, and whether the kubelet's memory grows with them.</summary>
internal static class PodCycles
{
    private const int Compared = 5;

    public static async Task RunAsync(BenchKubelet kubelet, int cycles, int count, PodFigures figures)
    {
        List<double> after = [];
        for (var cycle = 0; cycle < cycles; cycle++)
        {
            var names = Enumerable.Range(0, count).Select(i => $"{kubelet.Node}-cycle-{cycle}-{i}").ToArray();
            await kubelet.CreateAsync(names.Select(n => PodTemplates.Pause(n, kubelet.Node)));
            await kubelet.DeleteAsync(names);
            after.Add(ProcessFigures.PssMegabytes(kubelet.Process.Id));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {kubelet.Node}: after cycle {cycle + 1} of {cycles}: {after[^1]:0.0} MB"));
        }

        // What the first cycles warm up is no growth.
        var half = after.Count / 2;
        figures.CycleMemoryEarly.Add(after.Skip(Math.Max(0, half - Compared)).Take(Compared).Average());
        figures.CycleMemoryLate.Add(after.TakeLast(Compared).Average());
    }
}
