using System.Diagnostics;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Scheduler.Cache;
using NodeAgent.Scheduler.Config;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Plugins.DefaultPreemption;
using NodeAgent.Scheduler.Queue;
using NodeAgent.Testing;

namespace NodeAgent.Bench.Scheduling;

/// <summary>Decisions of the scheduler without an API server: how many per second, how long the slow ones take, and what they cost in memory.</summary>
internal static class DecisionBench
{
    /// <param name="args"><c>--memory-nodes=15000 --memory-on-nodes=450000 --memory-pods=5000</c>: nodes, pods that are on them before, pods to decide about.</param>
    public static void Run(string[] args)
    {
        var nodes = Arguments.Number(args, "--memory-nodes", 15_000);
        var onNodes = Arguments.Number(args, "--memory-on-nodes", 450_000);
        var pods = Arguments.Number(args, "--memory-pods", 5_000);
        foreach (var workload in Kinds)
        {
            _ = Measure(workload, Cluster(100, 0), 100, 50);
        }

        _ = MeasurePreemption(100, 50);

        // How the cost grows: a third of the nodes, then all, each empty and with all its pods.
        foreach (var (n, on) in ((int, int)[])[(nodes / 3, 0), (nodes / 3, onNodes / 3), (nodes, 0), (nodes, onNodes)])
        {
            Console.WriteLine();
            Console.WriteLine($"in memory: {n} nodes, {on} pods on them; decisions about {pods} pods of each kind, all feasible nodes scored");
            Console.WriteLine($"{"kind",-20} {"decisions/s",12} {"p50 us",8} {"p99 us",8} {"max us",8} {"bytes/decision",15}");
            var cache = Cluster(n, on);
            foreach (var workload in Kinds)
            {
                Console.WriteLine(FormattableString.Invariant($"{workload.Name,-20} {Measure(workload, cache, n, pods)}"));
            }

            if (on == 0)
            {
                Console.WriteLine(FormattableString.Invariant($"{Preemption.Name,-20} {MeasurePreemption(n, pods)}"));
            }

            Console.WriteLine($"heap with the cluster in it: {GC.GetTotalMemory(true) / 1_000_000} MB");
            GC.KeepAlive(cache);
        }
    }

    private static Workload Preemption => Workload.All.Single(w => w.LowPodsPerNode > 0);

    private static IEnumerable<Workload> Kinds => Workload.All.Where(w => w.LowPodsPerNode == 0 && w.DeletesPerSecond == 0);

    private static ClusterCache Cluster(int nodes, int onNodes)
    {
        var cache = new ClusterCache();
        for (var i = 0; i < nodes; i++)
        {
            cache.Nodes.SetNode(Workload.NodeOf(i));
        }

        for (var i = 0; i < onNodes; i++)
        {
            var pod = WithUid(Workload.Bare($"old-{i}", "old", "100m"));
            pod.Spec.NodeName = Workload.NodeName(i % nodes);
            cache.SetPod(pod);
        }

        return cache;
    }

    /// <summary>The pods are taken off again, so that the next kind finds the same cluster.</summary>
    private static Latencies Measure(Workload workload, ClusterCache cache, int nodes, int wanted)
    {
        var pods = workload.PodsOn(nodes, wanted);
        var decider = new Decider(MakeProfile(), cache.Nodes, new Nominations(), new Random(1));
        var times = new long[pods];
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < pods; i++)
        {
            var pod = WithUid(workload.PodOf(i));
            var before = Stopwatch.GetTimestamp();
            var parsed = cache.Parser.Parse(pod);
            var decision = decider.Decide(parsed, new CycleState());
            cache.Assume(parsed, decision.NodeName ?? throw new InvalidOperationException($"{workload.Name}: {decision.Failure.Message}"));
            times[i] = Stopwatch.GetTimestamp() - before;
        }

        bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
        for (var i = 0; i < pods; i++)
        {
            cache.Remove($"pod-{i}");
        }

        Array.Sort(times);
        return new Latencies(times, bytes / pods);
    }

    /// <summary>Attempts that fail and find victims, on nodes that are full of pods of low priority. Nobody is evicted.</summary>
    private static Latencies MeasurePreemption(int nodes, int wanted)
    {
        var cache = Cluster(nodes, 0);
        for (var i = 0; i < nodes * Preemption.LowPodsPerNode; i++)
        {
            cache.SetPod(WithUid(Workload.LowPodOf(i % nodes, i / nodes)));
        }

        var profile = MakeProfile();
        var nominations = new Nominations();
        var decider = new Decider(profile, cache.Nodes, nominations, new Random(1));
        var plugin = profile.PostFilter.OfType<DefaultPreemptionPlugin>().Single();
        var times = new long[Preemption.PodsOn(nodes, wanted)];
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < times.Length; i++)
        {
            var pod = WithUid(Preemption.PodOf(i));
            pod.Spec.Priority = 1;
            var before = Stopwatch.GetTimestamp();
            var parsed = cache.Parser.Parse(pod);
            var state = new CycleState();
            var diagnosis = decider.Decide(parsed, state).Diagnosis ?? throw new InvalidOperationException($"{pod.Metadata.Name} fits without preemption");
            var best = plugin.Preview(state, parsed, new Attempt(decider, cache.Nodes, nominations, diagnosis, ActivePlugins.Of(state))).Best;
            nominations.Set(parsed, cache.Nodes[best?.Slot ?? throw new InvalidOperationException($"no victims for {pod.Metadata.Name}")].Name);
            times[i] = Stopwatch.GetTimestamp() - before;
        }

        bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
        Array.Sort(times);
        return new Latencies(times, bytes / times.Length);
    }

    private static Pod WithUid(Pod pod)
    {
        pod.Metadata.Uid = pod.Metadata.Name;
        pod.Spec.SchedulerName = "default-scheduler";
        return pod;
    }

    private static Profile MakeProfile()
    {
        var mailbox = new Mailbox();
        var client = new InMemoryKubeClient();
        var services = new LoopServices(client, client.Discovery, new NoEvents(), new SchedulerMetrics(new MetricsRegistry(), TimeProvider.System), Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance, TimeProvider.System, new Random(1), mailbox, new WaitingPods());
        var informers = new NodeAgent.Scheduler.InformerSet(client, mailbox, services.Loggers, services.Time);
        return new ProfileBuilder(BuiltInPlugins.AddTo(new PluginRegistry()), name => new NodeAgent.Scheduler.PluginHost(name, services, informers)).Build(new KubeSchedulerProfile());
    }

    /// <param name="Sorted">In ticks of the stopwatch, ascending.</param>
    private sealed record Latencies(long[] Sorted, long BytesPerDecision)
    {
        public override string ToString() =>
            FormattableString.Invariant($"{Sorted.Length / (Sorted.Sum() / (double)Stopwatch.Frequency),12:F0} {At(0.5),8:F0} {At(0.99),8:F0} {At(1),8:F0} {BytesPerDecision,15}");

        private double At(double share) => Sorted[(int)((Sorted.Length - 1) * share)] * 1e6 / Stopwatch.Frequency;
    }

    private sealed class NoEvents : KubeApi.Events.IEventRecorder
    {
        public void Record(ObjectReference regarding, KubeApi.Events.EventType type, string reason, string message, string? action = null, ObjectReference? related = null)
        {
        }
    }
}
