using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Selectors;
using NodeAgent.Scheduler.Cache;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Tests.Cache;

public sealed class NodeTableTests
{
    private static readonly string[] Apps = ["web", "db", "cache"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Columns_RandomChanges_EqualARecount(int seed)
    {
        var random = new Random(seed);
        var cache = new ClusterCache();
        var matcher = new PodMatcher(["default"], null, Selector.Parse("app=web"));
        var pods = new List<Pod>();
        for (var step = 0; step < 2_000; step++)
        {
            Change(random, cache, pods);
            if (step == 500)
            {
                // From here on the count is kept by events.
                cache.Nodes.CountPods(matcher);
            }
        }

        AssertEqualsRecount(cache, pods, matcher);
    }

    [Fact]
    public void SetPod_NodeNotKnownYet_CountsWhenItComes()
    {
        var cache = new ClusterCache();
        cache.SetPod(Make.Pod("p", "1", node: "late"));
        Assert.Equal((0, -1), (cache.Nodes.Count, cache.Nodes.FindSlot("late")));

        cache.Nodes.SetNode(Make.Node("late"));

        Assert.Equal(1000, cache.Nodes[cache.Nodes.FindSlot("late")].Requested(ResourceColumns.Cpu));
    }

    [Fact]
    public void RemoveNode_PodsStillOnIt_AreThereWhenItComesBack()
    {
        var cache = new ClusterCache();
        cache.Nodes.SetNode(Make.Node("n"));
        cache.SetPod(Make.Pod("p", "1", node: "n"));
        cache.Nodes.RemoveNode("n");
        Assert.Equal(0, cache.Nodes.Count);

        cache.Nodes.SetNode(Make.Node("n"));

        Assert.Equal(1000, cache.Nodes[cache.Nodes.FindSlot("n")].Requested(ResourceColumns.Cpu));
    }

    [Fact]
    public void Forget_AssumedPod_GivesBackWhatItHeld()
    {
        var cache = new ClusterCache();
        cache.Nodes.SetNode(Make.Node("n"));
        var pod = cache.Parser.Parse(Make.Pod("p", "1", "1Gi").WithHostPort(80));
        cache.Assume(pod, "n");
        var node = cache.Nodes[cache.Nodes.FindSlot("n")];
        Assert.Equal((1000, 1, true), (node.Requested(ResourceColumns.Cpu), node.Pods.Count, node.HasPortConflict(new HostPort("0.0.0.0", "TCP", 80))));

        Assert.True(cache.Forget(pod.Uid));

        Assert.Equal((0, 0, false), (node.Requested(ResourceColumns.Cpu), node.Pods.Count, node.HasPortConflict(new HostPort("0.0.0.0", "TCP", 80))));
        Assert.Equal(0, cache.AssumedCount);
    }

    [Fact]
    public void SetPod_BoundElsewhereThanAssumed_MovesToWhereTheServerSays()
    {
        var cache = new ClusterCache();
        cache.Nodes.SetNode(Make.Node("a"));
        cache.Nodes.SetNode(Make.Node("b"));
        var pod = Make.Pod("p", "1");
        cache.Assume(cache.Parser.Parse(pod), "a");
        var bound = pod.Clone();
        bound.Spec.NodeName = "b";

        cache.SetPod(bound);

        Assert.Equal(0, cache.Nodes[cache.Nodes.FindSlot("a")].Requested(ResourceColumns.Cpu));
        Assert.Equal(1000, cache.Nodes[cache.Nodes.FindSlot("b")].Requested(ResourceColumns.Cpu));
        Assert.False(cache.Forget(pod.Metadata.Uid));
    }

    [Fact]
    public void Changes_LogIsOverrun_SaysThatItCannotTell()
    {
        var log = new ChangeLog();
        for (var i = 0; i < 20_000; i++)
        {
            log.Add(i % 10);
        }

        Assert.False(log.TryRead(0, new NodeSet()));
        var changed = new NodeSet();
        Assert.True(log.TryRead(log.Position - 3, changed));
        Assert.Equal([7, 8, 9], changed.ToList());
    }

    private static void Change(Random random, ClusterCache cache, List<Pod> pods)
    {
        var name = $"n{random.Next(20)}";
        switch (random.Next(10))
        {
            case 0:
                cache.Nodes.RemoveNode(name);
                break;
            case 1 or 2:
                cache.Nodes.SetNode(Make.Node(name, $"{random.Next(1, 64)}", labels: ("zone", $"z{random.Next(3)}")));
                break;
            case 3 or 4 when pods.Count > 0:
                var gone = pods[random.Next(pods.Count)];
                pods.Remove(gone);
                cache.Remove(gone.Metadata.Uid);
                break;
            case 5 when pods.Count > 0:
                var index = random.Next(pods.Count);
                var changed = pods[index].Clone();
                changed.Metadata.Labels["app"] = Apps[random.Next(3)];
                pods[index] = changed;
                cache.SetPod(changed);
                break;
            default:
                var pod = Make.Pod($"p{random.Next(1_000_000)}", $"{random.Next(1, 500)}m", node: name, labels: ("app", Apps[random.Next(3)]));
                pods.Add(pod);
                cache.SetPod(pod);
                break;
        }
    }

    private static void AssertEqualsRecount(ClusterCache cache, List<Pod> pods, PodMatcher matcher)
    {
        foreach (var slot in cache.Nodes.Present)
        {
            var node = cache.Nodes[slot];
            var mine = pods.Where(p => p.Spec.NodeName == node.Name).ToList();
            Assert.Equal(mine.Sum(p => p.Spec.Containers[0].Resources.Requests["cpu"].MilliValue), node.Requested(ResourceColumns.Cpu));
            Assert.Equal(mine.Count, node.Requested(ResourceColumns.Pods));
            Assert.Equal(mine.Count(p => p.Metadata.Labels["app"] == "web"), cache.Nodes.CountPods(matcher)[slot]);
        }

        Assert.Equal(pods.Count, cache.PodCount);
    }
}
