using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Scheduler.Plugins.InterPodAffinity;

namespace NodeAgent.Scheduler.Tests.Plugins;

public sealed class SpreadAndAffinityTests
{
    private const string Zone = "topology.kubernetes.io/zone";
    private const string Host = "kubernetes.io/hostname";

    [Fact]
    public void Spread_HardOverZones_TakesTheEmptiestZoneOnly()
    {
        var cluster = Zones(3, 2).With(App("a", "n0"), App("b", "n1"));

        for (var seed = 0; seed < 10; seed++)
        {
            Assert.Contains(cluster.DecideAfresh(Spread(Make.Pod("p", labels: ("app", "web")), Zone), seed).NodeName, new[] { "n2", "n5" });
        }
    }

    [Fact]
    public void Spread_SkewWouldBeTooGreat_CountsNodesWithUpstreamsReason()
    {
        var cluster = Zones(2, 1).With(Make.Node("bare")).With(App("a", "n0"));
        cluster.With(Make.Node("n1", "1", labels: (Zone, "z1")));

        var decision = cluster.Decide(Spread(Make.Pod("p", "2", labels: ("app", "web")), Zone));

        Assert.Equal(
            "0/3 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match pod topology spread constraints, 1 node(s) didn't match pod topology spread constraints (missing required label).",
            decision.Diagnosis!.ToString());
    }

    [Theory]
    [InlineData(3, false)]
    [InlineData(2, true)]
    public void Spread_FewerDomainsThanMinDomains_TakesTheMinimumForZero(int minDomains, bool fits)
    {
        var cluster = Zones(2, 1).With(App("a", "n0"), App("b", "n1"));

        var decision = cluster.Decide(Spread(Make.Pod("p", labels: ("app", "web")), Zone, minDomains: minDomains));

        Assert.Equal(fits, decision.NodeName is not null);
    }

    [Fact]
    public void Spread_TerminatingPodsAndOtherNamespaces_DoNotCount()
    {
        var cluster = Zones(2, 1).With(
            App("a", "n0").With(p => p.Metadata.DeletionTimestamp = new Time { Seconds = 1 }),
            App("b", "n0").With(p => p.Metadata.Namespace = "other"),
            App("c", "n1"));

        Assert.Equal("n0", cluster.Decide(Spread(Make.Pod("p", labels: ("app", "web")), Zone)).NodeName);
    }

    [Fact]
    public void Spread_SoftOverHosts_PrefersTheEmptier()
    {
        var cluster = Zones(1, 2).With(App("a", "n0"));

        Assert.Equal("n1", cluster.Decide(Spread(Make.Pod("p", labels: ("app", "web")), Host, "ScheduleAnyway")).NodeName);
    }

    [Fact]
    public void Spread_MatchLabelKeys_CountsPodsOfTheSameRevisionOnly()
    {
        var cluster = Zones(2, 1).With(App("a", "n0").With(p => p.Metadata.Labels["rev"] = "1"), App("b", "n1").With(p => p.Metadata.Labels["rev"] = "2"));
        var pod = Spread(Make.Pod("p", labels: [("app", "web"), ("rev", "2")]), Zone);
        pod.Spec.TopologySpreadConstraints[0].MatchLabelKeys.Add("rev");

        Assert.Equal("n0", cluster.Decide(pod).NodeName);
    }

    [Fact]
    public void Spread_NodesThatThePodCannotUse_DoNotCountAsDomains()
    {
        var cluster = Zones(2, 1).With(App("a", "n0"));
        var pod = Spread(Make.Pod("p", labels: ("app", "web")), Zone).Selecting(Zone, "z0");

        Assert.Equal("n0", cluster.Decide(pod).NodeName);
    }

    [Fact]
    public void Affinity_RequiredWithNoOneThere_FirstPodOfItsKindMayGo()
    {
        var cluster = Zones(2, 1);

        Assert.NotNull(cluster.Decide(Affine(Make.Pod("p", labels: ("app", "web")), Zone)).NodeName);
        Assert.Equal(
            "0/2 nodes are available: 2 node(s) didn't match pod affinity rules.",
            cluster.Decide(Affine(Make.Pod("q", labels: ("app", "other")), Zone)).Diagnosis!.ToString());
    }

    [Fact]
    public void Affinity_Required_GoesToTheZoneOfTheOthers()
    {
        var cluster = Zones(3, 2).With(App("a", "n1"));

        Assert.Contains(cluster.Decide(Affine(Make.Pod("p", labels: ("app", "web")), Zone)).NodeName, new[] { "n1", "n4" });
    }

    [Fact]
    public void AntiAffinity_OwnTerm_StaysAway()
    {
        var cluster = Zones(2, 1).With(App("a", "n0"));

        Assert.Equal("n1", cluster.Decide(Anti(Make.Pod("p"), Host)).NodeName);
        cluster.With(App("b", "n1"));
        Assert.Equal("0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules.", cluster.Decide(Anti(Make.Pod("p"), Host)).Diagnosis!.ToString());
    }

    [Fact]
    public void AntiAffinity_OfPodsThatAreThere_IsSymmetric()
    {
        var cluster = Zones(1, 1).With(Anti(Make.Pod("loner", node: "n0"), Zone));

        Assert.Equal(
            "0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules.",
            cluster.Decide(Make.Pod("p", labels: ("app", "web"))).Diagnosis!.ToString());
        Assert.NotNull(cluster.Decide(Make.Pod("q", labels: ("app", "other"))).NodeName);
    }

    [Fact]
    public void Affinity_NamespaceSelector_FindsPodsByTheLabelsOfTheirNamespace()
    {
        var cluster = Zones(2, 1).With(App("a", "n1").With(p => p.Metadata.Namespace = "team-a"));
        cluster.Cache.Nodes.SetNamespace("team-a", new Dictionary<string, string> { ["team"] = "a" });
        var pod = Affine(Make.Pod("p"), Zone);
        pod.Spec.Affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution[0].NamespaceSelector = new LabelSelector { MatchLabels = { ["team"] = "a" } };

        Assert.Equal("n1", cluster.Decide(pod).NodeName);
        cluster.Cache.Nodes.SetNamespace("team-a", new Dictionary<string, string> { ["team"] = "b" });
        Assert.Null(cluster.DecideAfresh(pod.Clone()).NodeName);
    }

    [Fact]
    public void Affinity_TwoTerms_WantOnePodThatMatchesBoth()
    {
        var cluster = Zones(2, 1).With(App("a", "n0"), Make.Pod("b", node: "n0", labels: ("tier", "db")), App("c", "n1").With(p => p.Metadata.Labels["tier"] = "db"));
        var pod = Affine(Affine(Make.Pod("p"), Zone), Zone, "tier", "db");

        Assert.Equal("n1", cluster.Decide(pod).NodeName);
    }

    [Fact]
    public void Score_PreferredTermsOfBothSides_AddUp()
    {
        var cluster = Zones(2, 1).With(
            App("friend", "n0"),
            Make.Pod("admirer", node: "n1").With(p => p.Spec.Affinity = new Affinity
            {
                PodAffinity = new PodAffinity { PreferredDuringSchedulingIgnoredDuringExecution = { new WeightedPodAffinityTerm { Weight = 5, PodAffinityTerm = Term(Zone, "me", "yes") } } },
            }));
        var pod = Make.Pod("p", labels: ("me", "yes")).With(p => p.Spec.Affinity = new Affinity
        {
            PodAffinity = new PodAffinity { PreferredDuringSchedulingIgnoredDuringExecution = { new WeightedPodAffinityTerm { Weight = 10, PodAffinityTerm = Term(Zone, "app", "web") } } },
        });

        var scores = cluster.Scores(new InterPodAffinityPlugin(new InterPodAffinityArgs()), pod);

        Assert.Equal((100, 0), (scores["n0"], scores["n1"]));
    }

    /// <summary>Random pods one after the other: what is placed never breaks a hard constraint, checked by counting everything anew.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Decide_RandomConstrainedPods_NeverBreakAConstraint(int seed)
    {
        var random = new Random(seed);
        var cluster = Zones(3, 4);
        var placed = new List<(Pod Pod, string Node)>();
        for (var i = 0; i < 200; i++)
        {
            var pod = Make.Pod($"p{i}", labels: ("app", random.Next(2) == 0 ? "web" : "db"));
            pod = random.Next(4) switch { 0 => Spread(pod, Zone), 1 => Anti(pod, Host), 2 => Spread(pod, Host), _ => pod };
            if (cluster.Decide(pod).NodeName is { } node)
            {
                CheckAllowed(placed, pod, node);
                cluster.Cache.Assume(cluster.Parse(pod), node);
                placed.Add((pod, node));
            }

            if (random.Next(3) == 0 && placed.Count > 0)
            {
                var gone = placed[random.Next(placed.Count)];
                placed.Remove(gone);
                cluster.Cache.Remove(gone.Pod.Metadata.Uid);
            }
        }
    }

    private static void CheckAllowed(List<(Pod Pod, string Node)> placed, Pod pod, string node)
    {
        static bool IsWeb(Pod p) => p.Metadata.Labels["app"] == "web";
        static int ZoneOf(string n) => int.Parse(n[1..], System.Globalization.CultureInfo.InvariantCulture) % 3;
        Assert.DoesNotContain(placed, p => p.Node == node && ((HasAnti(p.Pod) && IsWeb(pod)) || (HasAnti(pod) && IsWeb(p.Pod))));
        foreach (var constraint in pod.Spec.TopologySpreadConstraints)
        {
            var counts = Enumerable.Range(0, constraint.TopologyKey == Zone ? 3 : 12)
                .Select(d => placed.Count(p => IsWeb(p.Pod) && (constraint.TopologyKey == Zone ? ZoneOf(p.Node) == d : p.Node == $"n{d}")))
                .ToList();
            var mine = constraint.TopologyKey == Zone ? ZoneOf(node) : int.Parse(node[1..], System.Globalization.CultureInfo.InvariantCulture);
            Assert.True(counts[mine] + (IsWeb(pod) ? 1 : 0) - counts.Min() <= 1, $"{pod.Metadata.Name} on {node}: {string.Join(',', counts)}");
        }
    }

    private static bool HasAnti(Pod pod) => pod.Spec.Affinity?.PodAntiAffinity is not null;

    private static TestCluster Zones(int zones, int nodesPerZone) =>
        new TestCluster().With(Enumerable.Range(0, zones * nodesPerZone).Select(i => Make.Node($"n{i}", labels: (Zone, $"z{i % zones}"))));

    private static Pod App(string name, string node) => Make.Pod(name, node: node, labels: ("app", "web"));

    private static Pod Spread(Pod pod, string key, string action = "DoNotSchedule", int? minDomains = null) => pod.With(p =>
    {
        var constraint = new TopologySpreadConstraint { MaxSkew = 1, TopologyKey = key, WhenUnsatisfiable = action, LabelSelector = new LabelSelector { MatchLabels = { ["app"] = "web" } } };
        if (minDomains is { } min)
        {
            constraint.MinDomains = min;
        }

        p.Spec.TopologySpreadConstraints.Add(constraint);
    });

    private static PodAffinityTerm Term(string topologyKey, string label, string value) =>
        new() { TopologyKey = topologyKey, LabelSelector = new LabelSelector { MatchLabels = { [label] = value } } };

    private static Pod Affine(Pod pod, string key, string label = "app", string value = "web") => pod.With(p =>
    {
        p.Spec.Affinity ??= new Affinity();
        p.Spec.Affinity.PodAffinity ??= new PodAffinity();
        p.Spec.Affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution.Add(Term(key, label, value));
    });

    private static Pod Anti(Pod pod, string key) => pod.With(p =>
    {
        p.Spec.Affinity ??= new Affinity();
        p.Spec.Affinity.PodAntiAffinity = new PodAntiAffinity { RequiredDuringSchedulingIgnoredDuringExecution = { Term(key, "app", "web") } };
    });
}
