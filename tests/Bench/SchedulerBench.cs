using System.Diagnostics;
using System.Globalization;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Scheduler.Cache;
using NodeAgent.Scheduler.Config;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Queue;
using NodeAgent.Testing;

namespace NodeAgent.Bench;

/// <summary>Decisions of the scheduler without an API server: how many per second, how long the slow ones take, and what they cost in memory.</summary>
internal static class SchedulerBench
{
    private const string Zone = "topology.kubernetes.io/zone";
    private const string Host = "kubernetes.io/hostname";

    private static readonly Dictionary<string, Action<Pod>> Kinds = new()
    {
        ["plain"] = _ => { },
        ["zone spread"] = p => p.Spec.TopologySpreadConstraints.Add(new TopologySpreadConstraint { MaxSkew = 1, TopologyKey = Zone, WhenUnsatisfiable = "DoNotSchedule", LabelSelector = App() }),
        ["host anti-affinity"] = p => p.Spec.Affinity = new Affinity { PodAntiAffinity = new PodAntiAffinity { RequiredDuringSchedulingIgnoredDuringExecution = { Term(Host) } } },
        ["zone affinity"] = p => p.Spec.Affinity = new Affinity { PodAffinity = new PodAffinity { RequiredDuringSchedulingIgnoredDuringExecution = { Term(Zone) } } },
        ["preferred affinity"] = p => p.Spec.Affinity = new Affinity { PodAffinity = new PodAffinity { PreferredDuringSchedulingIgnoredDuringExecution = { new WeightedPodAffinityTerm { Weight = 1, PodAffinityTerm = Term(Host) } } } },
        ["node affinity"] = p => p.Spec.NodeSelector[Zone] = "zone-1",
    };

    /// <param name="args"><c>--nodes=5000 --pods=10000 --on-nodes=0</c>: nodes, pods to decide about, pods that are there before.</param>
    public static Task<int> RunAsync(string[] args)
    {
        int Option(string name, int otherwise) => args.Select(a => a.Split('=')).Where(a => a[0] == "--" + name && a.Length == 2)
            .Select(a => int.Parse(a[1], CultureInfo.InvariantCulture)).DefaultIfEmpty(otherwise).Last();
        var (nodes, pods, onNodes) = (Option("nodes", 5_000), Option("pods", 10_000), Option("on-nodes", 0));
        Console.WriteLine($"{nodes} nodes, {onNodes} pods on them; decisions about {pods} pods of each kind, all feasible nodes scored");
        Console.WriteLine($"{"kind",-20} {"decisions/s",12} {"p50 us",8} {"p99 us",8} {"max us",8} {"bytes/decision",15} {"heap MB",8}");
        foreach (var kind in Kinds)
        {
            Run("warm-up", kind.Value, Math.Min(nodes, 100), 50, 0, isReported: false);
        }

        foreach (var (name, change) in Kinds)
        {
            // Each node takes one pod that avoids its like.
            Run(name, change, nodes, name == "host anti-affinity" ? Math.Min(pods, nodes - 1) : pods, onNodes, isReported: true);
        }

        return Task.FromResult(0);
    }

    private static void Run(string name, Action<Pod> change, int nodes, int pods, int onNodes, bool isReported)
    {
        var cache = new ClusterCache();
        for (var i = 0; i < nodes; i++)
        {
            cache.Nodes.SetNode(NodeOf(i));
        }

        for (var i = 0; i < onNodes; i++)
        {
            var pod = PodOf($"old-{i}", "old");
            pod.Spec.NodeName = $"node-{i % nodes}";
            cache.SetPod(pod);
        }

        var decider = new Decider(MakeProfile(), cache.Nodes, new Nominations(), new Random(1));
        var times = new long[pods];
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < pods; i++)
        {
            var pod = PodOf($"pod-{i}", "app");
            change(pod);
            var before = Stopwatch.GetTimestamp();
            var parsed = cache.Parser.Parse(pod);
            var decision = decider.Decide(parsed, new CycleState());
            cache.Assume(parsed, decision.NodeName ?? throw new InvalidOperationException($"{name}: {decision.Failure.Message}"));
            times[i] = Stopwatch.GetTimestamp() - before;
        }

        var elapsed = Stopwatch.GetElapsedTime(started);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Array.Sort(times);
        double Microseconds(double share) => times[(int)((pods - 1) * share)] * 1e6 / Stopwatch.Frequency;
        if (isReported)
        {
            Console.WriteLine($"{name,-20} {pods / elapsed.TotalSeconds,12:F0} {Microseconds(0.5),8:F0} {Microseconds(0.99),8:F0} {Microseconds(1),8:F0} {allocated / pods,15} {GC.GetTotalMemory(true) / 1048576,8}");
        }
    }

    private static Profile MakeProfile()
    {
        var mailbox = new Mailbox();
        var client = new InMemoryKubeClient();
        var services = new LoopServices(client, client.Discovery, new NoEvents(), new SchedulerMetrics(new MetricsRegistry()), Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance, TimeProvider.System, new Random(1), mailbox, new WaitingPods());
        var informers = new Scheduler.InformerSet(client, mailbox, services.Loggers, services.Time);
        return new ProfileBuilder(BuiltInPlugins.AddTo(new PluginRegistry()), name => new Scheduler.PluginHost(name, services, informers)).Build(new KubeSchedulerProfile());
    }

    private static Node NodeOf(int index)
    {
        var node = new Node { Metadata = new ObjectMeta { Name = $"node-{index}" }, Spec = new NodeSpec(), Status = new NodeStatus() };
        node.Metadata.Labels[Host] = node.Metadata.Name;
        node.Metadata.Labels[Zone] = $"zone-{index % 3}";
        node.Status.Allocatable["cpu"] = new Quantity { String = "32" };
        node.Status.Allocatable["memory"] = new Quantity { String = "128Gi" };
        node.Status.Allocatable["pods"] = new Quantity { String = "110" };
        return node;
    }

    private static Pod PodOf(string name, string app)
    {
        var container = new Container { Name = "main", Image = "registry.k8s.io/pause:3.10", Resources = new ResourceRequirements() };
        container.Resources.Requests["cpu"] = new Quantity { String = "10m" };
        container.Resources.Requests["memory"] = new Quantity { String = "50Mi" };
        var pod = new Pod
        {
            Metadata = new ObjectMeta { Name = name, Namespace = "default", Uid = name },
            Spec = new PodSpec { SchedulerName = "default-scheduler", Containers = { container } },
            Status = new PodStatus(),
        };
        pod.Metadata.Labels["app"] = app;
        return pod;
    }

    private static LabelSelector App() => new() { MatchLabels = { ["app"] = "app" } };

    private static PodAffinityTerm Term(string key) => new() { TopologyKey = key, LabelSelector = App() };

    private sealed class NoEvents : KubeApi.Events.IEventRecorder
    {
        public void Record(ObjectReference regarding, KubeApi.Events.EventType type, string reason, string message, string? action = null, ObjectReference? related = null)
        {
        }
    }
}
