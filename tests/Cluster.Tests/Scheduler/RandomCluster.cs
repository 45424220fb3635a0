using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.Cluster.Tests.Scheduler;

/// <summary>Makes up nodes and pods that every plugin has something to say about. The same seed gives the same ones.</summary>
/// <param name="tag">In the names of what outlives a round.</param>
internal sealed partial class RandomCluster(int seed, string tag)
{
    private static readonly string[] Apps = ["a", "b", "c"];
    private static readonly string[] Keys = ["kubernetes.io/hostname", "topology.kubernetes.io/zone", "disk"];
    private static readonly string[] Images = ["registry.local/one:1", "registry.local/two", "registry.local/three:3"];

    private readonly Random _random = new(seed);

    public Node Node(int index)
    {
        var node = SchedulerCluster.Node($"node-{index}", Pick("2", "4", "8"), Pick("4Gi", "8Gi", "16Gi"), Pick(4, 8, 110));
        Maybe(0.9, () => node.Metadata.Labels["topology.kubernetes.io/zone"] = Pick("z1", "z2", "z3"));
        Maybe(0.7, () => node.Metadata.Labels["disk"] = Pick("ssd", "hdd"));
        Maybe(0.5, () => node.Metadata.Labels["gen"] = Pick("1", "5", "9"));
        Maybe(0.3, () => node.Spec.Taints.Add(new Taint { Key = "team", Value = Pick("red", "blue"), Effect = Pick("NoSchedule", "PreferNoSchedule", "NoExecute") }));
        Maybe(0.2, () => node.Spec.Taints.Add(new Taint { Key = "slow", Effect = "PreferNoSchedule" }));
        Maybe(0.05, () => node.Spec.Unschedulable = true);
        Maybe(0.3, () => node.Status.Allocatable["example.com/gpu"] = new Quantity { String = Pick("1", "2", "4") });
        Maybe(0.5, () =>
        {
            var image = Pick(Images);
            node.Status.Images.Add(new ContainerImage { Names = { image.Contains(':', StringComparison.Ordinal) ? image : image + ":latest" }, SizeBytes = (long)(image.Length * 37) << 20 });
        });
        foreach (var (name, amount) in node.Status.Allocatable)
        {
            node.Status.Capacity[name] = amount;
        }

        return node;
    }

    public Pod Pod(string name)
    {
        var pod = SchedulerCluster.Pod(name, Pick(null, "100m", "500m", "1", "1500m"), Pick(null, "100Mi", "700Mi", "2Gi"));
        var spec = pod.Spec;
        var container = spec.Containers[0];
        container.Image = Pick(Images);
        pod.Metadata.Labels["app"] = Pick(Apps);
        Maybe(0.1, () => container.Resources.Limits["example.com/gpu"] = container.Resources.Requests["example.com/gpu"] = new Quantity { String = "1" });
        Maybe(0.1, () => container.Ports.Add(new ContainerPort { ContainerPort_ = 8080, HostPort = Pick(8080, 8081), Protocol = Pick("TCP", "UDP"), HostIP = Pick("", "10.0.0.1") }));
        Maybe(0.3, () => spec.Tolerations.Add(new Toleration { Key = "team", Operator = Pick("Exists", "Equal"), Effect = Pick("", "NoSchedule") }.With(t => t.Value = t.Operator == "Equal" ? Pick("red", "blue") : "")));
        Maybe(0.15, () => spec.InitContainers.Add(new Container { Name = "init", Image = Pick(Images), Resources = new ResourceRequirements { Requests = { ["cpu"] = new Quantity { String = Pick("200m", "2") } } } }));
        Maybe(0.1, () => spec.NodeSelector["disk"] = Pick("ssd", "hdd"));
        Maybe(0.3, () => Affinity(spec).NodeAffinity = NodeAffinity());
        Maybe(0.25, () => Affinity(spec).PodAffinity = PodAffinity());
        Maybe(0.25, () => Affinity(spec).PodAntiAffinity = PodAntiAffinity());
        Maybe(0.4, () => spec.TopologySpreadConstraints.Add(Spread()));
        Maybe(spec.TopologySpreadConstraints.Any(c => c is { TopologyKey: "disk", WhenUnsatisfiable: "ScheduleAnyway" }) ? 0 : 0.1, () => spec.TopologySpreadConstraints.Add(new TopologySpreadConstraint { MaxSkew = 2, TopologyKey = "disk", WhenUnsatisfiable = "ScheduleAnyway", LabelSelector = Selector() }));
        AddStorage(pod);
        return pod;
    }

    private static Affinity Affinity(PodSpec spec) => spec.Affinity ??= new Affinity();

    private NodeAffinity NodeAffinity()
    {
        var affinity = new NodeAffinity();
        Maybe(0.6, () => affinity.RequiredDuringSchedulingIgnoredDuringExecution = new NodeSelector { NodeSelectorTerms = { Term() } });
        Maybe(0.3, () => affinity.RequiredDuringSchedulingIgnoredDuringExecution?.NodeSelectorTerms.Add(Term()));
        Maybe(0.6, () => affinity.PreferredDuringSchedulingIgnoredDuringExecution.Add(new PreferredSchedulingTerm { Weight = Pick(1, 20, 100), Preference = Term() }));
        Maybe(0.3, () => affinity.PreferredDuringSchedulingIgnoredDuringExecution.Add(new PreferredSchedulingTerm { Weight = Pick(5, 50), Preference = Term() }));
        return affinity;
    }

    private NodeSelectorTerm Term() => new() { MatchExpressions = { Requirement() } };

    private NodeSelectorRequirement Requirement() => _random.Next(5) switch
    {
        0 => new NodeSelectorRequirement { Key = "disk", Operator = "In", Values = { "ssd" } },
        1 => new NodeSelectorRequirement { Key = "disk", Operator = "NotIn", Values = { Pick("ssd", "hdd") } },
        2 => new NodeSelectorRequirement { Key = Pick("disk", "gen"), Operator = Pick("Exists", "DoesNotExist") },
        3 => new NodeSelectorRequirement { Key = "gen", Operator = Pick("Gt", "Lt"), Values = { "5" } },
        _ => new NodeSelectorRequirement { Key = "topology.kubernetes.io/zone", Operator = "In", Values = { "z1", Pick("z2", "z3") } },
    };

    private PodAffinity PodAffinity()
    {
        var affinity = new PodAffinity();
        Maybe(0.5, () => affinity.RequiredDuringSchedulingIgnoredDuringExecution.Add(PodTerm()));
        Maybe(0.7, () => affinity.PreferredDuringSchedulingIgnoredDuringExecution.Add(new WeightedPodAffinityTerm { Weight = Pick(1, 30, 100), PodAffinityTerm = PodTerm() }));
        return affinity;
    }

    private PodAntiAffinity PodAntiAffinity()
    {
        var affinity = new PodAntiAffinity();
        Maybe(0.4, () => affinity.RequiredDuringSchedulingIgnoredDuringExecution.Add(PodTerm()));
        Maybe(0.7, () => affinity.PreferredDuringSchedulingIgnoredDuringExecution.Add(new WeightedPodAffinityTerm { Weight = Pick(1, 30, 100), PodAffinityTerm = PodTerm() }));
        return affinity;
    }

    private PodAffinityTerm PodTerm()
    {
        var term = new PodAffinityTerm { TopologyKey = Pick(Keys), LabelSelector = Selector() };
        Maybe(0.2, () => term.Namespaces.Add(Pick(SchedulerCluster.Namespace, "kube-system")));
        Maybe(0.2, () => term.NamespaceSelector = new LabelSelector());
        return term;
    }

    private TopologySpreadConstraint Spread()
    {
        var constraint = new TopologySpreadConstraint { MaxSkew = Pick(1, 2, 3), TopologyKey = Pick(Keys), WhenUnsatisfiable = Pick("DoNotSchedule", "ScheduleAnyway"), LabelSelector = Selector() };
        Maybe(0.2, () => constraint.MinDomains = constraint.WhenUnsatisfiable == "DoNotSchedule" ? Pick(2, 4) : 0);
        if (constraint.MinDomains == 0)
        {
            constraint.ClearMinDomains();
        }

        Maybe(0.2, () => constraint.NodeTaintsPolicy = Pick("Honor", "Ignore"));
        Maybe(0.2, () => constraint.NodeAffinityPolicy = Pick("Honor", "Ignore"));
        return constraint;
    }

    private LabelSelector Selector()
    {
        var selector = new LabelSelector();
        if (_random.Next(3) == 0)
        {
            var requirement = new LabelSelectorRequirement { Key = "app", Operator = Pick("In", "NotIn") };
            requirement.Values.Add(Pick(Apps));
            selector.MatchExpressions.Add(requirement);
        }
        else
        {
            selector.MatchLabels["app"] = Pick(Apps);
        }

        return selector;
    }

    private T Pick<T>(params T[] choices) => choices[_random.Next(choices.Length)];

    private void Maybe(double share, Action action)
    {
        // Drawn in any case, so that one choice does not change all that follow.
        if (_random.NextDouble() < share)
        {
            action();
        }
    }
}
