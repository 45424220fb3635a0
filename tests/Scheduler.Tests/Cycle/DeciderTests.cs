using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Tests.Cycle;

public sealed class DeciderTests
{
    [Fact]
    public void Decide_NoNodes_SaysSo()
    {
        var decision = new TestCluster().Decide(Make.Pod("p"));

        Assert.Equal("no nodes available to schedule pods", decision.Failure.Message);
    }

    [Fact]
    public void Decide_NoneFits_CountsTheReasonsInUpstreamsOrder()
    {
        var cluster = new TestCluster().With(
            Make.Node("a", "1"),
            Make.Node("b", "1", "1Mi"),
            Make.Node("c").Cordoned(),
            Make.Node("d").Tainted("k", "NoSchedule"));

        var decision = cluster.Decide(Make.Pod("p", "2", "1Gi"));

        Assert.Equal(
            "0/4 nodes are available: 1 Insufficient memory, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable, 2 Insufficient cpu.",
            decision.Diagnosis!.ToString());
        Assert.Equal(["NodeResourcesFit", "NodeUnschedulable", "TaintToleration"], decision.Diagnosis.RejectedBy.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Decide_EmptyNodes_SpreadsByWhatIsAssumed()
    {
        var cluster = new TestCluster().With(Enumerable.Range(0, 5).Select(i => Make.Node($"n{i}")));
        for (var i = 0; i < 10; i++)
        {
            var pod = Make.Pod($"p{i}", "100m", "100Mi");
            var node = cluster.Decide(pod).NodeName!;
            cluster.Cache.Assume(cluster.Parse(pod), node);
        }

        Assert.All(cluster.Cache.Nodes.Present.ToList(), s => Assert.Equal(2, cluster.Cache.Nodes[s].Pods.Count));
    }

    [Fact]
    public void Decide_Ties_AreBrokenAtRandom()
    {
        var nodes = new HashSet<string>();
        for (var seed = 0; seed < 30; seed++)
        {
            nodes.Add(new TestCluster().With(Make.Node("a"), Make.Node("b"), Make.Node("c")).Decide(Make.Pod("p"), seed).NodeName!);
        }

        Assert.Equal(3, nodes.Count);
    }

    /// <summary>The heart of the scheduler's speed: what is kept from pod to pod must never change a decision.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Decide_RandomChangesBetweenPodsOfFewTemplates_AsWithoutReuse(int seed)
    {
        var random = new Random(seed);
        var cluster = new TestCluster();
        var placed = new List<string>();
        for (var i = 0; i < 30; i++)
        {
            cluster.With(RandomNode(random, i));
        }

        for (var step = 0; step < 400; step++)
        {
            var pod = RandomPod(random, step);
            var reused = cluster.Decide(pod);
            var fresh = cluster.DecideAfresh(pod);
            Assert.Equal((fresh.Failure.Code, fresh.Feasible, fresh.Score), (reused.Failure.Code, reused.Feasible, reused.Score));
            Assert.Equal(fresh.Diagnosis?.ToString(), reused.Diagnosis?.ToString());
            if (reused.NodeName is { } name)
            {
                cluster.Cache.Assume(cluster.Parse(pod), name);
                placed.Add(pod.Metadata.Uid);
            }

            if (random.Next(3) == 0 && placed.Count > 0)
            {
                cluster.Cache.Remove(placed[0]);
                placed.RemoveAt(0);
            }

            if (random.Next(4) == 0)
            {
                cluster.With(RandomNode(random, random.Next(35)));
            }

            if (random.Next(20) == 0)
            {
                cluster.Cache.Nodes.RemoveNode($"n{random.Next(35)}");
            }
        }
    }

    [Fact]
    public void Decide_PercentageOfNodesToScore_LooksAtThatManyInTurn()
    {
        var cluster = new TestCluster().With(Enumerable.Range(0, 1000).Select(i => Make.Node($"n{i}")));
        var profile = TestCluster.DefaultProfile() with { PercentageOfNodesToScore = 20 };
        var decider = new Decider(profile, cluster.Cache.Nodes, cluster.Nominations, new Random(1));

        Assert.Equal(200, decider.Decide(cluster.Parse(Make.Pod("p", "1")), new CycleState()).Feasible);
    }

    [Fact]
    public void Decide_FilterThrows_CostsTheAttemptOnly()
    {
        var cluster = new TestCluster().With(Make.Node("n"));

        var decision = cluster.DecideBy(new ThrowingFilter(), Make.Pod("p"));

        Assert.Equal((StatusCode.Error, "plugin Throwing: no luck"), (decision.Failure.Code, decision.Failure.Message));
    }

    [Fact]
    public void Decide_ScoreOutOfRange_IsAnError()
    {
        var cluster = new TestCluster().With(Make.Node("a"), Make.Node("b"));

        var decision = cluster.DecideBy(new ExcessiveScore(), Make.Pod("p"));

        Assert.Equal(StatusCode.Error, decision.Failure.Code);
        Assert.Contains("Excessive", decision.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decide_NominatedPodOfHigherPriority_KeepsItsRoom()
    {
        var cluster = new TestCluster().With(Make.Node("n", "2"));
        cluster.Nominations.Set(cluster.Parse(Make.Pod("vip", "2", priority: 10)), "n");

        Assert.Null(cluster.Decide(Make.Pod("low", "1", priority: 5)).NodeName);
        Assert.Equal("n", cluster.Decide(Make.Pod("higher", "1", priority: 11)).NodeName);
        Assert.Equal(0, cluster.Cache.Nodes[0].Requested(ResourceColumns.Cpu));
    }

    private static Node RandomNode(Random random, int index)
    {
        var node = Make.Node($"n{index}", $"{random.Next(1, 8)}", $"{random.Next(1, 16)}Gi", random.Next(2, 20), ("zone", $"z{random.Next(3)}"), ("disk", random.Next(2) == 0 ? "ssd" : "hdd"));
        if (random.Next(5) == 0)
        {
            node.Tainted("dedicated", random.Next(2) == 0 ? "NoSchedule" : "PreferNoSchedule", "x");
        }

        if (random.Next(10) == 0)
        {
            node.Cordoned();
        }

        return random.Next(4) == 0 ? node.WithImage("app:latest", random.Next(1, 900) << 20) : node;
    }

    private static Pod RandomPod(Random random, int index)
    {
        var pod = Make.Pod($"p{index}", $"{random.Next(4) * 250}m", $"{random.Next(3) * 512}Mi");
        return random.Next(6) switch
        {
            0 => pod.Selecting("disk", "ssd"),
            1 => pod.Tolerating("dedicated"),
            2 => pod.WithHostPort(8080),
            3 => pod.Preferring(5, Make.Term("zone", "In", "z1")),
            4 => pod.Requiring(Make.Term("zone", "NotIn", "z2")),
            _ => pod,
        };
    }

    private sealed class ThrowingFilter : OneNodeFilter
    {
        public override string Name => "Throwing";

        protected override Status Filter(CycleState state, PodInfo pod, NodeInfo node) => throw new InvalidOperationException("no luck");
    }

    private sealed class ExcessiveScore : OneNodeScore
    {
        public override string Name => "Excessive";

        protected override long Score(CycleState state, PodInfo pod, NodeInfo node) => 101;
    }
}
