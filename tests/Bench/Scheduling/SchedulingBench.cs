using System.Diagnostics;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Node;

namespace NodeAgent.Bench.Scheduling;

/// <summary>
/// Pods bound per second on a real API server, this project's scheduler and upstream's in turn, each run from an empty etcd;
/// and decisions in memory, without an API server.
/// </summary>
internal static class SchedulingBench
{
    /// <param name="args">
    /// <c>--nodes=1000,5000 --pods=2000 --runs=3 --kinds=plain,zone-spread</c> for the API server, <c>--only=memory</c> or
    /// <c>--only=cluster</c>, <c>--contenders=nodeagent</c>; those of <see cref="DecisionBench"/> begin with <c>--memory-</c>.
    /// </param>
    public static async Task<int> RunAsync(string[] args)
    {
        var only = Arguments.Text(args, "--only");
        if (only != "memory")
        {
            await ClusterAsync(args);
        }

        if (only != "cluster")
        {
            DecisionBench.Run(args);
        }

        return 0;
    }

    private static async Task ClusterAsync(string[] args)
    {
        var sizes = Arguments.Numbers(args, "--nodes", [1000]);
        var runs = Arguments.Number(args, "--runs", 3);
        var wanted = Arguments.Number(args, "--pods", 2000);
        var kinds = Arguments.Text(args, "--kinds")?.Split(',');
        var contenders = await ContendersAsync(Arguments.Text(args, "--contenders")?.Split(','));
        Console.WriteLine($"pods bound on a real API server; {wanted} pods, medians of {runs} runs, each from an empty etcd, in turn");
        foreach (var nodes in sizes)
        {
            foreach (var workload in Workload.All.Where(w => kinds?.Contains(w.Name) ?? true))
            {
                await SeriesAsync(contenders, workload, nodes, workload.PodsOn(nodes, wanted), runs);
            }
        }
    }

    private static async Task SeriesAsync(IReadOnlyList<(string Name, string Binary)> contenders, Workload workload, int nodes, int pods, int runs)
    {
        var watch = Stopwatch.StartNew();
        var figures = contenders.ToDictionary(c => c.Name, _ => new List<SchedulingFigures>());
        for (var run = 0; run < runs; run++)
        {
            foreach (var (name, binary) in run % 2 == 0 ? contenders : contenders.Reverse())
            {
                figures[name].Add(await new SchedulingRound(binary, workload, nodes, pods).RunAsync());
            }
        }

        Console.WriteLine($"{workload.Name}, {nodes} nodes, {pods} pods ({watch.Elapsed.TotalSeconds:F0} s)");
        foreach (var (name, list) in figures)
        {
            Console.WriteLine($"  {name,-10} {SchedulingFigures.Median(list)}");
        }

        if (figures.Values.ToList() is [var own, var upstream])
        {
            Console.WriteLine($"  {"ratio",-10} {SchedulingFigures.Median(own).RatiosTo(SchedulingFigures.Median(upstream))}");
        }
    }

    private static async Task<IReadOnlyList<(string Name, string Binary)>> ContendersAsync(string[]? names)
    {
        var found = new List<(string Name, string Binary)> { ("nodeagent", DaemonBinaries.Own().Scheduler) };
        var upstream = Path.Combine((await KubeBinaries.FindAsync()).Folder, "kube-scheduler");
        if (File.Exists(upstream))
        {
            found.Add(("upstream", upstream));
        }
        else
        {
            Console.WriteLine($"there is no kube-scheduler beside the API server's binary ({upstream}): nothing to compare with");
        }

        return [.. found.Where(c => names?.Contains(c.Name) ?? true)];
    }
}
