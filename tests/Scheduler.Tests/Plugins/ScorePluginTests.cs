using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Plugins.ImageLocality;
using NodeAgent.Scheduler.Plugins.NodeAffinity;
using NodeAgent.Scheduler.Plugins.NodeResources;
using NodeAgent.Scheduler.Plugins.TaintToleration;

namespace NodeAgent.Scheduler.Tests.Plugins;

public sealed class ScorePluginTests
{
    private static readonly IScorePlugin Least = Fit(ScoringStrategyType.LeastAllocated);
    private static readonly IScorePlugin Most = Fit(ScoringStrategyType.MostAllocated);
    private static readonly IScorePlugin Balanced = new BalancedAllocationPlugin(new BalancedAllocationArgs());

    private static readonly Dictionary<string, (IScorePlugin Plugin, Node[] Nodes, Pod[] OnNodes, Pod Pod, (string Node, long Score)[] Scores)> Cases = new()
    {
        // ((4000-3000)*100/4000 + (10000-5000)*100/10000)/2 and ((6000-3000)*100/6000 + (10000-5000)*100/10000)/2
        ["least allocated"] = (Least, [Make.Node("a", "4", "10000"), Make.Node("b", "6", "10000")], [], Make.Pod("p", "3", "5000"), [("a", 37), ("b", 50)]),
        ["most allocated"] = (Most, [Make.Node("a", "4", "10000"), Make.Node("b", "6", "10000")], [], Make.Pod("p", "3", "5000"), [("a", 62), ("b", 50)]),
        ["what is there counts"] = (Least, [Make.Node("a", "10", "20000"), Make.Node("b", "10", "20000")], [Make.Pod("x", "6", "5000", node: "b")], Make.Pod("p", "0", "0"), [("a", 100), ("b", 57)]),
        // Nothing asked counts as 100m and 200Mi: (4000-100)*100/4000 = 97, (1000-200)*100/1000 = 80.
        ["no requests"] = (Least, [Make.Node("a", "4", "1000Mi"), Make.Node("b", "4", "1000Mi")], [], Make.Pod("p"), [("a", 88), ("b", 88)]),
        ["balanced: better and worse"] = (Balanced, [Make.Node("a", "10", "10000"), Make.Node("b", "10", "10000")], [Make.Pod("x", "4", node: "a"), Make.Pod("y", memory: "4000", node: "b")], Make.Pod("p", "4"), [("a", 65), ("b", 85)]),
        ["balanced: nothing asked is not scored"] = (Balanced, [Make.Node("a"), Make.Node("b")], [], Make.Pod("p"), []),
        ["soft taints"] = (new TaintTolerationPlugin(), [Make.Node("a"), Make.Node("b").Tainted("k", "PreferNoSchedule"), Make.Node("c").Tainted("k", "PreferNoSchedule").Tainted("l", "PreferNoSchedule")], [], Make.Pod("p"), [("a", 100), ("b", 50), ("c", 0)]),
        ["soft taints tolerated"] = (new TaintTolerationPlugin(), [Make.Node("a"), Make.Node("b").Tainted("k", "PreferNoSchedule")], [], Make.Pod("p").Tolerating("k", "PreferNoSchedule"), [("a", 100), ("b", 100)]),
        ["preferred node affinity"] = (new NodeAffinityPlugin(), [Make.Node("a", labels: [("x", "1"), ("y", "1")]), Make.Node("b", labels: ("x", "1")), Make.Node("c")], [], Make.Pod("p").Preferring(2, Make.Term("x", "Exists")).Preferring(6, Make.Term("y", "Exists")), [("a", 100), ("b", 25), ("c", 0)]),
        // 1000Mi on one of two nodes counts half: 500Mi of the range 23Mi to 1000Mi.
        ["image on one node"] = (new ImageLocalityPlugin(), [Make.Node("a").WithImage("app:latest", 1000L << 20), Make.Node("b")], [], Make.Pod("p"), [("a", 48), ("b", 0)]),
        ["image on all nodes"] = (new ImageLocalityPlugin(), [Make.Node("a").WithImage("app:latest", 1000L << 20), Make.Node("b").WithImage("app:latest", 1000L << 20)], [], Make.Pod("p"), [("a", 100), ("b", 100)]),
    };

    public static TheoryData<string> Names => new(Cases.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public void Score_Case_GivesUpstreamsScores(string name)
    {
        var (plugin, nodes, onNodes, pod, scores) = Cases[name];

        var actual = new TestCluster().With(nodes).With(onNodes).Scores(plugin, pod);

        Assert.Equal(scores, actual.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => (s.Key, s.Value)));
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1", 25)]
    [InlineData("2", 50)]
    [InlineData("4", 100)]
    public void Score_RequestedToCapacityRatio_FollowsTheShape(string cpu, long expected)
    {
        var plugin = new NodeResourcesFitPlugin(new NodeResourcesFitArgs
        {
            ScoringStrategy = new ScoringStrategy
            {
                Type = ScoringStrategyType.RequestedToCapacityRatio,
                Resources = [new WeightedResource { Name = "cpu" }],
                RequestedToCapacityRatio = new RequestedToCapacityRatio { Shape = [new ShapePoint { Utilization = 0, Score = 0 }, new ShapePoint { Utilization = 100, Score = 10 }] },
            },
        });

        var scores = new TestCluster().With(Make.Node("a", "4"), Make.Node("b", "4")).Scores(plugin, Make.Pod("p", cpu));

        Assert.Equal(expected, scores["a"]);
    }

    private static NodeResourcesFitPlugin Fit(ScoringStrategyType type) => new(new NodeResourcesFitArgs { ScoringStrategy = new ScoringStrategy { Type = type } });
}
