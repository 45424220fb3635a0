using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.Bench.Scheduling;

/// <summary>A kind of pods to schedule. Nodes have 4 CPUs in three zones and take 110 pods.</summary>
/// <param name="Constrain">Gives the pod with that number its constraints.</param>
internal sealed record Workload(string Name, Action<Pod, int> Constrain)
{
    public const string Namespace = "default";
    public const string HighPriority = "bench-high";
    public const string LowApp = "low";
    private const string Zone = "topology.kubernetes.io/zone";
    private const string Host = "kubernetes.io/hostname";

    /// <summary>Pods that avoid their like come in groups that fit even a small cluster.</summary>
    private const int GroupSize = 100;

    /// <summary>The kinds at the head of the list that churn mixes.</summary>
    private const int ConstrainedKinds = 6;

    public static IReadOnlyList<Workload> All { get; } =
    [
        new("plain", (_, _) => { }),
        new("zone-spread", (p, _) => p.Spec.TopologySpreadConstraints.Add(new TopologySpreadConstraint { MaxSkew = 5, TopologyKey = Zone, WhenUnsatisfiable = "DoNotSchedule", LabelSelector = Like(p) })),
        new("host-anti-affinity", (p, i) =>
        {
            p.Metadata.Labels["app"] = $"group-{i / GroupSize}";
            p.Spec.Affinity = new Affinity { PodAntiAffinity = new PodAntiAffinity { RequiredDuringSchedulingIgnoredDuringExecution = { Term(p, Host) } } };
        }),
        new("zone-affinity", (p, _) => p.Spec.Affinity = new Affinity { PodAffinity = new PodAffinity { RequiredDuringSchedulingIgnoredDuringExecution = { Term(p, Zone) } } }),
        new("preferred-affinity", (p, _) => p.Spec.Affinity = new Affinity { PodAffinity = new PodAffinity { PreferredDuringSchedulingIgnoredDuringExecution = { new WeightedPodAffinityTerm { Weight = 1, PodAffinityTerm = Term(p, Host) } } } }),
        new("node-affinity", (p, _) => p.Spec.Affinity = new Affinity { NodeAffinity = new NodeAffinity { RequiredDuringSchedulingIgnoredDuringExecution = InZones("zone-1", "zone-2") } }),
        new("preemption", (p, _) =>
        {
            p.Spec.PriorityClassName = HighPriority;
            p.Spec.Containers[0].Resources.Requests["cpu"] = new Quantity { String = "2" };
        })
        {
            LowPodsPerNode = 4,
            PodsPerNode = 0.5,
        },
        new("mixed-churn", (p, i) => All![i % ConstrainedKinds].Constrain(p, i)) { DeletesPerSecond = 10 },
    ];

    /// <summary>Pods of low priority that fill every node beforehand.</summary>
    public int LowPodsPerNode { get; init; }

    /// <summary>More pods than that are not asked for.</summary>
    public double PodsPerNode { get; init; } = double.MaxValue;

    /// <summary>Bound pods that are deleted while others are being scheduled.</summary>
    public int DeletesPerSecond { get; init; }

    public int PodsOn(int nodes, int wanted) => (int)Math.Min(wanted, nodes * PodsPerNode);

    public Pod PodOf(int index)
    {
        var pod = Bare($"pod-{index}", "app", "100m");
        Constrain(pod, index);
        return pod;
    }

    /// <summary>One of those that fill a node.</summary>
    public static Pod LowPodOf(int node, int index)
    {
        var pod = Bare($"low-{node}-{index}", LowApp, "1");
        pod.Spec.NodeName = NodeName(node);
        pod.Spec.TerminationGracePeriodSeconds = 0;
        return pod;
    }

    public static string NodeName(int index) => $"node-{index}";

    public static Node NodeOf(int index)
    {
        var node = new Node { Metadata = new ObjectMeta { Name = NodeName(index) }, Spec = new NodeSpec(), Status = new NodeStatus() };
        node.Metadata.Labels[Host] = node.Metadata.Name;
        node.Metadata.Labels[Zone] = $"zone-{index % 3}";
        foreach (var (name, amount) in (ReadOnlySpan<(string, string)>)[("cpu", "4"), ("memory", "32Gi"), ("pods", "110")])
        {
            node.Status.Allocatable[name] = new Quantity { String = amount };
            node.Status.Capacity[name] = new Quantity { String = amount };
        }

        return node;
    }

    public static Pod Bare(string name, string app, string cpu)
    {
        var container = new Container { Name = "main", Image = "registry.k8s.io/pause:3.10", Resources = new ResourceRequirements() };
        container.Resources.Requests["cpu"] = new Quantity { String = cpu };
        container.Resources.Requests["memory"] = new Quantity { String = "500Mi" };
        var pod = new Pod
        {
            Metadata = new ObjectMeta { Name = name, Namespace = Namespace },
            Spec = new PodSpec { Containers = { container } },
            Status = new PodStatus(),
        };
        pod.Metadata.Labels["app"] = app;
        return pod;
    }

    private static LabelSelector Like(Pod pod) => new() { MatchLabels = { ["app"] = pod.Metadata.Labels["app"] } };

    private static PodAffinityTerm Term(Pod pod, string key) => new() { TopologyKey = key, LabelSelector = Like(pod) };

    private static NodeSelector InZones(params string[] zones)
    {
        var requirement = new NodeSelectorRequirement { Key = Zone, Operator = "In" };
        requirement.Values.Add(zones);
        return new NodeSelector { NodeSelectorTerms = { new NodeSelectorTerm { MatchExpressions = { requirement } } } };
    }
}
