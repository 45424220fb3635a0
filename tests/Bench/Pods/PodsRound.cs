using NodeAgent.Bench.Kubelets;

namespace NodeAgent.Bench.Pods;

/// <summary>One kubelet from its start to its end: single pods one after the other, then many at once.</summary>
internal static class PodsRound
{
    public static async Task RunAsync(BenchKubelet kubelet, int singles, int burst, PodFigures figures)
    {
        // The first pod pays for what every later one finds warm; it is not counted.
        for (var i = 0; i <= singles; i++)
        {
            var name = $"{kubelet.Node}-single-{i}";
            var ready = await kubelet.CreateAsync(PodTemplates.Pause(name, kubelet.Node));
            var gone = await kubelet.DeleteAsync(name);
            if (i > 0)
            {
                figures.SingleReady.Add(ready);
                figures.SingleGone.Add(gone);
            }
        }

        var names = Enumerable.Range(0, burst).Select(i => $"{kubelet.Node}-burst-{i}").ToArray();
        figures.BurstReady.Add(await kubelet.CreateAsync(names.Select(n => PodTemplates.Pause(n, kubelet.Node))));
        await Task.Delay(TimeSpan.FromSeconds(5));
        figures.Memory.Add(ProcessFigures.PssMegabytes(kubelet.Process.Id));
        figures.BurstGone.Add(await kubelet.DeleteAsync(names));
        figures.CpuSeconds.Add(ProcessFigures.CpuSeconds(kubelet.Process.Id));
    }
}
