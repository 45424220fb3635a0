using System.Diagnostics;
using NodeAgent.Bench.Kubelets;

namespace NodeAgent.Bench.Pods;

/// <summary>A node with as many pods as it takes by default, each with three probes: how they come and go, and what the kubelet costs while nothing happens.</summary>
internal static class FullNode
{
    /// <param name="settle">Seconds from the last pod's readiness to the measurement.</param>
    /// <param name="idle">How many seconds are measured.</param>
    public static async Task RunAsync(BenchKubelet kubelet, int count, int settle, int idle, PodFigures figures)
    {
        var names = Enumerable.Range(0, count).Select(i => $"{kubelet.Node}-full-{i}").ToArray();
        figures.FullReady.Add(await kubelet.CreateAsync(names.Select(n => PodTemplates.Probed(n, kubelet.Node))));
        await Task.Delay(TimeSpan.FromSeconds(settle));
        var (clock, before) = (Stopwatch.StartNew(), ProcessFigures.CpuSeconds(kubelet.Process.Id));
        await Task.Delay(TimeSpan.FromSeconds(idle));
        figures.IdleCpu.Add((ProcessFigures.CpuSeconds(kubelet.Process.Id) - before) * 1000 / clock.Elapsed.TotalSeconds);
        figures.FullMemory.Add(ProcessFigures.PssMegabytes(kubelet.Process.Id));
        figures.FullGone.Add(await kubelet.DeleteAsync(names));
    }
}
