using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Explain;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Testing;

namespace NodeAgent.Scheduler.Tests.Explain;

public sealed class ExplainerTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly InMemoryKubeClient _client = new();
    private readonly SchedulerLoop _loop;

    public ExplainerTests()
    {
        var services = new LoopServices(_client, _client.Discovery, new RecordedEvents(), new SchedulerMetrics(new MetricsRegistry(), TimeProvider.System), NullLoggerFactory.Instance, _time, new Random(1), new Mailbox(), new WaitingPods());
        var profile = TestCluster.DefaultProfile(_client);
        _loop = new SchedulerLoop(new Dictionary<string, Profile> { [profile.Name] = profile }, new SchedulerOptions(), services);
    }

    [Fact]
    public async Task Explain_NodesRefuseForDifferentReasons_NamesPluginReasonAndShortfallOfEach()
    {
        Add(Make.Node("full", "4"), Make.Node("tainted", "8").Tainted("team", "NoSchedule", "red"), Make.Node("small", "1"));
        Add(Make.Pod("filler", "3700m", node: "full"));
        Add(Make.Pod("p", "500m", "1Gi").Selecting("kubernetes.io/hostname", "full"));
        await SettleAsync();

        var explanation = _loop.Explainer.Explain("default", "p", 20)!;

        Assert.Equal(("unschedulable", 1), (explanation.Queue!.Place, explanation.Queue.Attempts));
        var byNode = explanation.RefusedNodes.ToDictionary(n => n.Node);
        Assert.Equal(["cpu: wants 500m, 300m free of 4000m"], byNode["full"].RefusedBy.Single().Details);
        Assert.Equal(["TaintToleration", "NodeAffinity"], byNode["tainted"].RefusedBy.Select(r => r.Plugin));
        Assert.Equal(["the taint team=red:NoSchedule is not tolerated"], byNode["tainted"].RefusedBy[0].Details);
        Assert.Equal(["wants the label kubernetes.io/hostname=full, the node has small"], byNode["small"].RefusedBy[0].Details);
        Assert.Equal("full", explanation.NearestMisses[0].Node);
        Assert.Empty(explanation.BestNodes);
    }

    [Fact]
    public async Task Explain_PendingPod_HasTheTextOfItsEventTheEventsThatHelpAndTheAttempts()
    {
        Add(Make.Node("n", "1"));
        Add(Make.Pod("p", "2"));
        await SettleAsync();

        var explanation = _loop.Explainer.Explain("default", "p", 20)!;

        Assert.Equal("0/1 nodes are available: 1 Insufficient cpu.", explanation.Verdict);
        var attempt = Assert.Single(explanation.Attempts);
        Assert.Equal(("unschedulable", 1), (attempt.Result, attempt.Number));
        Assert.StartsWith("0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption:", attempt.Message, StringComparison.Ordinal);
        Assert.Equal(["NodeResourcesFit"], attempt.RejectedBy);
        var unblock = Assert.Single(explanation.UnblockedBy);
        Assert.Equal("NodeResourcesFit", unblock.Plugin);
        Assert.Contains("a Node is added, or changes what it offers", unblock.When);
        Assert.Contains("not helpful", explanation.Preemption!.Verdict, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_PodThatFits_ShowsRawNormalisedAndWeightedScoresThatAddUp()
    {
        Add(Make.Node("busy", "4"), Make.Node("idle", "4"));
        Add(Make.Pod("filler", "2", node: "busy"));
        await SettleAsync();

        var explanation = _loop.Explainer.Explain(_loop.Cache.Parser.Parse(Make.Pod("p", "1")), 5);

        Assert.Equal(["idle", "busy"], explanation.BestNodes.Select(n => n.Node));
        var best = explanation.BestNodes[0];
        Assert.Equal(best.Total, best.Plugins.Sum(p => p.Weighted));
        Assert.All(best.Plugins, p => Assert.Equal(p.Normalized * p.Weight, p.Weighted));
        Assert.Equal(3, best.Plugins.Single(p => p.Plugin == "TaintToleration").Weight);
        var decision = new Decider(TestCluster.DefaultProfile(_client), _loop.Cache.Nodes, _loop.Queue.Nominations, new Random(1)).Decide(_loop.Cache.Parser.Parse(Make.Pod("q", "1")), new Framework.CycleState());
        Assert.Equal((best.Node, best.Total), (decision.NodeName, decision.Score));
    }

    [Fact]
    public async Task Explain_VictimsWouldMakeRoom_ShowsTheCandidatesAndEvictsNobody()
    {
        Add(Make.Node("n", "2"));
        Add(Make.Pod("low", "2", priority: 1, node: "n"));
        await SettleAsync();
        var before = _loop.Cache.Nodes.Requested(ResourceColumns.Cpu).ToArray();

        var explanation = _loop.Explainer.Explain(_loop.Cache.Parser.Parse(Make.Pod("high", "2", priority: 10)), 5);

        var candidate = Assert.Single(explanation.Preemption!.Candidates);
        Assert.Equal(("n", true), (candidate.Node, candidate.IsBest));
        Assert.Equal(["default/low"], candidate.Victims);
        Assert.DoesNotContain(_client.Requests, r => r.Verb == "DELETE");
        Assert.Equal(before, _loop.Cache.Nodes.Requested(ResourceColumns.Cpu).ToArray());
    }

    [Fact]
    public async Task Explain_PodOnANode_LooksAtTheClusterWithoutItAndPutsItBack()
    {
        Add(Make.Node("n", "2"));
        Add(Make.Pod("p", "2"));
        await SettleAsync();
        var before = _loop.Cache.Nodes.Requested(ResourceColumns.Cpu).ToArray();

        var explanation = _loop.Explainer.Explain("default", "p", 5)!;

        Assert.Equal(("n", 1), (explanation.Node, explanation.FeasibleCount));
        Assert.Equal("scheduled", Assert.Single(explanation.Attempts).Result);
        Assert.Equal(before, _loop.Cache.Nodes.Requested(ResourceColumns.Cpu).ToArray());
    }

    [Fact]
    public async Task Explain_GatedPod_NamesTheGate()
    {
        Add(Make.Node("n"));
        Add(Make.Pod("p").With(p => p.Spec.SchedulingGates.Add(new PodSchedulingGate { Name = "example.com/wait" })));
        await SettleAsync();

        var explanation = _loop.Explainer.Explain("default", "p", 5)!;

        Assert.Equal("gated", explanation.Queue!.Place);
        Assert.Contains("example.com/wait", explanation.Verdict, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_UnknownPod_IsNull() => Assert.Null(_loop.Explainer.Explain("default", "nobody", 5));

    [Fact]
    public async Task Run_MorePodsThanFit_SaysHowManyFitWhereAndLeavesNoTrace()
    {
        Add(Make.Node("a", "2"), Make.Node("b", "4"));
        await SettleAsync();
        var before = _loop.Cache.Nodes.Requested(ResourceColumns.Cpu).ToArray();

        var report = _loop.Simulator.Run(Make.Pod("p", "1"), 10);

        Assert.Equal((10, 6), (report.Wanted, report.Placed));
        Assert.Equal(new Dictionary<string, int> { ["b"] = 4, ["a"] = 2 }, report.Nodes);
        Assert.StartsWith("0/2 nodes are available: 2 Insufficient cpu.", report.Message, StringComparison.Ordinal);
        Assert.Equal(2, report.Explanation!.NearestMisses.Count);
        Assert.Equal(0, _loop.Cache.PodCount);
        Assert.Equal(before, _loop.Cache.Nodes.Requested(ResourceColumns.Cpu).ToArray());
        Assert.DoesNotContain(_client.Requests, r => r.Resource == "pods/binding");
    }

    [Fact]
    public async Task Write_PageAndText_HaveTheVerdictAndEscapeWhatTheyShow()
    {
        Add(Make.Node("n", "1"));
        Add(Make.Pod("p", "2").Selecting("zone", "<script>"));
        await SettleAsync();
        var explanation = _loop.Explainer.Explain("default", "p", 5)!;

        var page = ExplanationPage.Write(explanation);
        var text = ExplanationText.Write(explanation);

        Assert.DoesNotContain("<script>", page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;", page, StringComparison.Ordinal);
        Assert.Contains("cpu: wants 2000m, 1000m free of 1000m", text, StringComparison.Ordinal);
        Assert.Contains("It is tried again when:", text, StringComparison.Ordinal);
    }

    private void Add(params Node[] nodes)
    {
        foreach (var node in nodes)
        {
            _loop.Mailbox.Post(new Change(ChangeKind.Node, null, node));
        }
    }

    private void Add(Pod pod)
    {
        _client.Seed(Resources.Pods, pod.Clone());
        _loop.Mailbox.Post(new Change(ChangeKind.Pod, null, pod));
    }

    private async Task SettleAsync()
    {
        do
        {
            await _loop.WhenIdleAsync();
        }
        while (_loop.Step(CancellationToken.None));
        await _loop.WhenIdleAsync();
        _loop.Step(CancellationToken.None);
    }
}
