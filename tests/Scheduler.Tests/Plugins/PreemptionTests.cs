using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.KubeApi.Selectors;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Plugins.DefaultPreemption;
using Status = NodeAgent.Scheduler.Framework.Status;

namespace NodeAgent.Scheduler.Tests.Plugins;

public sealed class PreemptionTests
{
    private readonly List<DisruptionBudget> _budgets = [];

    [Fact]
    public void Find_OneVictimIsEnough_SparesTheMoreImportant()
    {
        var cluster = new TestCluster().With(Make.Node("n", "3")).With(On("a", 1), On("b", 2), On("c", 3));

        var candidate = Find(cluster, Make.Pod("p", "1", priority: 10), "n");

        Assert.Equal(["a"], candidate!.Victims.Select(v => v.Name));
    }

    [Fact]
    public void Find_SamePriority_SparesWhoHasRunLonger()
    {
        var cluster = new TestCluster().With(Make.Node("n", "2")).With(On("young", 1, 2000), On("old", 1, 1000));

        Assert.Equal(["young"], Find(cluster, Make.Pod("p", "1", priority: 10), "n")!.Victims.Select(v => v.Name));
    }

    [Fact]
    public void Find_BudgetProtectsTheLowest_TakesTheOther()
    {
        _budgets.Add(new DisruptionBudget("default", Selector.Parse("app=kept"), 0, new HashSet<string>()));
        var cluster = new TestCluster().With(Make.Node("n", "2")).With(On("kept", 1).With(p => p.Metadata.Labels["app"] = "kept"), On("other", 5));

        var candidate = Find(cluster, Make.Pod("p", "1", priority: 10), "n");

        Assert.Equal(["other"], candidate!.Victims.Select(v => v.Name));
        Assert.Equal(0, candidate.Violations);
    }

    [Fact]
    public void Find_Tried_LeavesTheTableAsItWas()
    {
        var cluster = new TestCluster().With(Make.Node("n", "3")).With(On("a", 1), On("b", 2).WithHostPort(80), On("c", 20));
        var before = Figures(cluster);

        Find(cluster, Make.Pod("p", "2", priority: 10).WithHostPort(80), "n");

        Assert.Equal(before, Figures(cluster));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Find_PluginFailsToTakeOverATrial_LeavesTheTableAsItWas(bool throws)
    {
        var cluster = new TestCluster().With(Make.Node("n", "3")).With(On("a", 1), On("b", 2).WithHostPort(80), On("c", 20));
        var before = Figures(cluster);
        var profile = TestCluster.DefaultProfile();
        var (attempt, state) = Attempt(cluster, Make.Pod("p", "2", priority: 10), out var info, out _, profile with { PreFilter = [.. profile.PreFilter, new LostCount(throws)] });

        var (candidate, status) = new VictimFinder(attempt, _ => []).Find(state, info, cluster.Cache.Nodes.FindSlot("n"));

        Assert.Null(candidate);
        Assert.Contains("lost count", status.Message, StringComparison.Ordinal);
        Assert.Equal(before, Figures(cluster));
    }

    [Fact]
    public void Find_OnlyHigherPriorities_SaysThatThereAreNoVictims()
    {
        var cluster = new TestCluster().With(Make.Node("n", "1")).With(On("a", 10));

        Assert.Null(Find(cluster, Make.Pod("p", "1", priority: 10), "n"));
    }

    [Theory]
    [InlineData("fewest violations", 1, 0)]
    [InlineData("lowest top priority", 9, 8)]
    [InlineData("lowest sum", 0, 0)]
    public void Best_Candidates_TakesTheLeastHarm(string what, int first, int second)
    {
        var parser = new TestCluster();
        Candidate Of(int slot, int violations, params int[] priorities) => new(slot, [.. priorities.Select((p, i) => parser.Parse(Make.Pod($"v{slot}-{i}", priority: p)))], violations);
        var candidates = what switch
        {
            "fewest violations" => new[] { Of(0, first, 1), Of(1, second, 9) },
            "lowest top priority" => [Of(0, 0, first), Of(1, 0, second, second)],
            _ => [Of(0, 0, 5, 5), Of(1, 0, 5)],
        };

        Assert.Equal(1, CandidateChoice.Best(candidates).Slot);
    }

    [Fact]
    public async Task PostFilter_FullNodes_NominatesAndEvictsWithMarkAndUid()
    {
        var cluster = new TestCluster().With(Make.Node("n", "1"));
        var victim = On("victim", 1);
        cluster.With(victim);
        cluster.Client.Seed(Resources.Pods, victim.Clone());

        var (result, _) = PostFilter(cluster, Make.Pod("p", "1", priority: 10));
        await WaitForAsync(() => cluster.Client.Requests.Any(r => r.Verb == "delete"));

        Assert.Equal((StatusCode.Success, "n"), (result.Status.Code, result.NominatedNodeName));
        var patch = Assert.Single(cluster.Client.Requests, r => r.Verb == "patch");
        Assert.Contains("\"PreemptionByScheduler\"", patch.Patch, StringComparison.Ordinal);
        Assert.Contains(victim.Metadata.Uid, patch.Patch, StringComparison.Ordinal);
    }

    [Fact]
    public void PostFilter_NothingHelps_GivesUpstreamsText()
    {
        var cluster = new TestCluster().With(Make.Node("a", "1"), Make.Node("b", "1"), Make.Node("c", "8")).With(On("x", 1, node: "b"), On("y", 50, node: "c", cpu: "8"));

        var (_, text) = PostFilter(cluster, Make.Pod("p", "2", priority: 10));

        Assert.Equal(
            "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.",
            text);
    }

    [Fact]
    public void PostFilter_PolicyIsNever_DoesNotPreempt()
    {
        var cluster = new TestCluster().With(Make.Node("n", "1")).With(On("x", 1));

        var (result, _) = PostFilter(cluster, Make.Pod("p", "1", priority: 10).With(p => p.Spec.PreemptionPolicy = "Never"));

        Assert.Equal("preemption: not eligible due to preemptionPolicy=Never.", result.Status.Message);
    }

    [Fact]
    public async Task PostFilter_DeletedVictimsAreStillSeen_EvictsNoOthers()
    {
        var cluster = new TestCluster().With(Make.Node("n", "1"), Make.Node("m", "1"));
        var (one, other) = (On("one", 1), On("other", 1, node: "m"));
        cluster.With(one, other);
        cluster.Client.Seed(Resources.Pods, one.Clone());
        cluster.Client.Seed(Resources.Pods, other.Clone());
        var plugin = TestCluster.DefaultProfile(cluster.Client).PostFilter.OfType<DefaultPreemptionPlugin>().Single();
        var pod = Make.Pod("p", "1", priority: 10);
        var (first, state) = Attempt(cluster, pod, out var info);
        plugin.PostFilter(state, info, first);
        await WaitForAsync(() => plugin.PreEnqueue(info).IsSuccess);

        var (second, again) = Attempt(cluster, pod, out info);
        var result = plugin.PostFilter(again, info, second);

        Assert.Equal("preemption: not eligible due to a terminating pod on the nominated node.", result.Status.Message);
        Assert.Single(cluster.Client.Requests, r => r.Verb == "delete");
    }

    [Fact]
    public void PostFilter_VictimStillTerminatingOnTheNominatedNode_Waits()
    {
        var cluster = new TestCluster().With(Make.Node("n", "1")).With(On("x", 1).With(p =>
        {
            p.Metadata.DeletionTimestamp = new Time { Seconds = 1 };
            p.Status.Conditions.Add(new PodCondition { Type = "DisruptionTarget", Status = "True", Reason = "PreemptionByScheduler" });
        }));

        var (result, _) = PostFilter(cluster, Make.Pod("p", "1", priority: 10).With(p => p.Status.NominatedNodeName = "n"));

        Assert.Equal("preemption: not eligible due to a terminating pod on the nominated node.", result.Status.Message);
    }

    private static (long, long, int, bool) Figures(TestCluster cluster)
    {
        var node = cluster.Cache.Nodes[cluster.Cache.Nodes.FindSlot("n")];
        return (node.Requested(ResourceColumns.Cpu), node.Requested(ResourceColumns.Pods), node.Pods.Count, node.HasPortConflict(new Framework.Pods.HostPort("0.0.0.0", "TCP", 80)));
    }

    private static Pod On(string name, int priority, long started = 1000, string node = "n", string cpu = "1") =>
        Make.Pod(name, cpu, priority: priority, node: node).With(p => p.Status.StartTime = new Time { Seconds = started });

    private Candidate? Find(TestCluster cluster, Pod pod, string node)
    {
        var (attempt, state) = Attempt(cluster, pod, out var info);
        return new VictimFinder(attempt, name => [.. _budgets.Where(b => b.Namespace == name)]).Find(state, info, cluster.Cache.Nodes.FindSlot(node)).Candidate;
    }

    private static (PostFilterResult Result, string Text) PostFilter(TestCluster cluster, Pod pod)
    {
        var profile = TestCluster.DefaultProfile(cluster.Client);
        var (attempt, state) = Attempt(cluster, pod, out var info, out var diagnosis);
        var result = profile.PostFilter.OfType<DefaultPreemptionPlugin>().Single().PostFilter(state, info, attempt);
        diagnosis.PostFilterMessage = result.Status.Message;
        return (result, diagnosis.ToString());
    }

    private static (Attempt Attempt, CycleState State) Attempt(TestCluster cluster, Pod pod, out Framework.Pods.PodInfo info) => Attempt(cluster, pod, out info, out _);

    private static (Attempt Attempt, CycleState State) Attempt(TestCluster cluster, Pod pod, out Framework.Pods.PodInfo info, out Diagnosis diagnosis, Profile? profile = null)
    {
        info = cluster.Parse(pod);
        var state = new CycleState();
        var decider = new Decider(profile ?? TestCluster.DefaultProfile(), cluster.Cache.Nodes, cluster.Nominations, new Random(1));
        diagnosis = decider.Decide(info, state).Diagnosis ?? throw new InvalidOperationException("the pod fits without preemption");
        return (new Attempt(decider, cluster.Cache.Nodes, cluster.Nominations, diagnosis, ActivePlugins.Of(state)), state);
    }

    /// <summary>Cannot follow when a pod is added for a trial.</summary>
    private sealed class LostCount(bool throws) : IPreFilterUpdates
    {
        public string Name => "LostCount";

        public PreFilterResult PreFilter(CycleState state, Framework.Pods.PodInfo pod, INodeTable nodes) => PreFilterResult.Success;

        public Status AddPod(CycleState state, Framework.Pods.PodInfo pod, Framework.Pods.PodInfo added, NodeInfo node) =>
            throws ? throw new InvalidOperationException("lost count") : Status.Error(new InvalidOperationException("lost count"));

        public Status RemovePod(CycleState state, Framework.Pods.PodInfo pod, Framework.Pods.PodInfo removed, NodeInfo node) => Status.Success;
    }

    private static async Task WaitForAsync(Func<bool> condition)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!condition())
        {
            timeout.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
