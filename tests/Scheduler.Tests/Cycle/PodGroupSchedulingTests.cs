using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.KubeApi.Objects;
using NodeAgent.KubeApi.Scheduling.V1Alpha2;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Plugins.GangScheduling;
using NodeAgent.Scheduler.Tests.Plugins.Volumes;
using NodeAgent.Testing;

namespace NodeAgent.Scheduler.Tests.Cycle;

/// <summary>Pods of PodGroups through the loop, with the gates GenericWorkload and GangScheduling.</summary>
public sealed class PodGroupSchedulingTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly InMemoryKubeClient _client = new();
    private readonly RecordedEvents _events = new();
    private readonly MetricsRegistry _metrics = new();
    private readonly FakeStore<PodGroup> _groups = new();
    private readonly SchedulerLoop _loop;

    public PodGroupSchedulingTests()
    {
        var services = new LoopServices(_client, _client.Discovery, _events, new SchedulerMetrics(_metrics, TimeProvider.System), NullLoggerFactory.Instance, _time, new Random(1), new Mailbox(), new WaitingPods());
        var gang = new GangSchedulingPlugin(_groups, services.Groups, services.WaitingPods.Find);
        Profile With(Profile profile) => profile with { PreEnqueue = [.. profile.PreEnqueue, gang], Permit = [gang], Plugins = [.. profile.Plugins, gang] };
        var profiles = new Dictionary<string, Profile>
        {
            ["default-scheduler"] = With(TestCluster.DefaultProfile(_client)),
            ["other"] = With(TestCluster.DefaultProfile(_client) with { Name = "other" }),
        };
        _loop = new SchedulerLoop(profiles, new SchedulerOptions { PodGroups = _groups }, services);
    }

    [Fact]
    public async Task Step_FewerPodsThanMinCount_NoneIsTriedUntilTheLastIsThere()
    {
        Add(Make.Node("n"));
        AddGroup("g", 3);
        Add(Member("a"));
        Add(Member("b"));
        await SettleAsync();
        Assert.Empty(Bindings());
        Assert.Equal(2, _loop.Queue.GatedCount);

        Add(Member("c"));
        await SettleAsync();

        Assert.Equal(["a", "b", "c"], Bindings().Select(b => b.Pod).Order());
        Assert.Empty(_loop.Queue.Pods);
    }

    [Fact]
    public async Task Step_GroupComesAfterItsPods_TheyAreBoundThen()
    {
        Add(Make.Node("n"));
        Add(Member("a"));
        Add(Member("b"));
        await SettleAsync();
        Assert.Empty(Bindings());

        AddGroup("g", 2);
        await SettleAsync();

        Assert.Equal(2, Bindings().Count());
    }

    [Fact]
    public async Task Step_RoomForSomeOnly_NoneIsBoundAndNothingIsHeld()
    {
        Add(Make.Node("n", "2"));
        AddGroup("g", 3);
        foreach (var name in (string[])["a", "b", "c"])
        {
            Add(Member(name, "1"));
        }

        await SettleAsync();

        Assert.Empty(Bindings());
        Assert.Equal(0, _loop.Cache.PodCount);
        Assert.Empty(_loop.WaitingPods.All);
        Assert.Equal(3, _loop.Queue.UnschedulableCount);
        Assert.Contains(_events.Lines, l => l.Contains("Insufficient cpu", StringComparison.Ordinal));
        Assert.Equal(2, _events.Lines.Count(l => l.EndsWith("waiting for minCount pods from a gang to be scheduled, one or more plugins asked to wait and no plugin rejected pod", StringComparison.Ordinal)));
        var condition = Condition("g");
        Assert.Equal(("False", "Unschedulable"), (condition.Status, condition.Reason));
        Assert.StartsWith("pod group is unschedulable: 2 of 3 waiting pods fit; ", condition.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Step_RoomForSomeOnly_PodsOnTheirOwnTakeIt()
    {
        await Step_RoomForSomeOnly_NoneIsBoundAndNothingIsHeld();

        Add(Make.Pod("single", "2"));
        await SettleAsync();

        Assert.Equal([("single", "n")], Bindings());
    }

    [Fact]
    public async Task Step_NodeComesForTheRest_TheWholeGroupIsBound()
    {
        await Step_RoomForSomeOnly_NoneIsBoundAndNothingIsHeld();
        _time.Advance(TimeSpan.FromSeconds(11));

        Add(Make.Node("m", "1"));
        await SettleAsync();

        Assert.Equal(["m", "n", "n"], Bindings().Select(b => b.Node).Order());
        Assert.Equal(("True", "Scheduled"), (Condition("g").Status, Condition("g").Reason));
    }

    [Fact]
    public async Task Step_MorePodsThanMinCount_ThoseThatFitAreBound()
    {
        Add(Make.Node("n", "2"));
        AddGroup("g", 2);
        foreach (var name in (string[])["a", "b", "c"])
        {
            Add(Member(name, "1"));
        }

        await SettleAsync();

        Assert.Equal(2, Bindings().Count());
        Assert.Equal(1, _loop.Queue.UnschedulableCount);
        Assert.Equal("True", Condition("g").Status);
    }

    [Fact]
    public async Task Step_PolicyBasic_EachPodIsBoundThatCanBe()
    {
        Add(Make.Node("n", "1"));
        AddGroup("g", null);
        Add(Member("a", "1"));
        Add(Member("b", "1"));

        await SettleAsync();

        Assert.Single(Bindings());
    }

    [Fact]
    public async Task Step_SeveralSchedulersInOneGroup_IsAnError()
    {
        Add(Make.Node("n"));
        AddGroup("g", 2);
        Add(Member("a"));
        Add(Member("b").With(p => p.Spec.SchedulerName = "other"));

        await SettleAsync();

        Assert.Empty(Bindings());
        Assert.Contains(_events.Lines, l => l.Contains("all pods in a single pod group should have the same .spec.schedulerName set", StringComparison.Ordinal));
        Assert.Equal("SchedulerError", Condition("g").Reason);
    }

    [Fact]
    public async Task Step_PreemptionMakesRoomForSomeOnly_NoVictimHasToLeave()
    {
        Add(Make.Node("n", "2"));
        AddBound("low-1", "1", "n");
        AddBound("low-2", "1", "n");
        AddGroup("g", 3);
        foreach (var name in (string[])["a", "b", "c"])
        {
            Add(Member(name, "1").With(p => p.Spec.Priority = 10));
        }

        await SettleAsync();
        _time.Advance(TimeSpan.FromSeconds(30));
        await SettleAsync();

        Assert.DoesNotContain(_client.Requests, r => r.Verb == "delete");
        Assert.Empty(Bindings());
        Assert.True(_loop.Queue.Nominations.IsEmpty);
    }

    [Fact]
    public async Task Step_PreemptionMakesRoomForAll_GroupIsBoundWhenTheVictimsAreGone()
    {
        Add(Make.Node("n", "2"));
        var victims = new[] { AddBound("low-1", "1", "n"), AddBound("low-2", "1", "n") };
        AddGroup("g", 2);
        Add(Member("a", "1").With(p => p.Spec.Priority = 10));
        Add(Member("b", "1").With(p => p.Spec.Priority = 10));

        await SettleAsync();
        await WaitForAsync(() => _client.Requests.Where(r => r.Verb == "delete").Select(r => r.Name).Distinct().Count() == 2);
        Assert.Empty(Bindings());
        Assert.Equal("n", _client.Peek(Resources.Pods, "default", "a")!.Status.NominatedNodeName);
        Assert.StartsWith("pod group is waiting for preemption to complete", Condition("g").Message, StringComparison.Ordinal);

        foreach (var victim in victims)
        {
            _loop.Mailbox.Post(new Change(ChangeKind.Pod, victim, null));
        }

        _time.Advance(TimeSpan.FromSeconds(11));
        await WaitForAsync(async () =>
        {
            await SettleAsync();
            return Bindings().Count() == 2;
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Step_RandomGroupsComeAndGo_NoneIsBoundInPart(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 6; i++)
        {
            Add(Make.Node($"n{i}", "4"));
        }

        var live = new Dictionary<string, List<Pod>>();
        for (var step = 0; step < 60; step++)
        {
            if (random.Next(3) > 0)
            {
                var group = $"g{step}";
                var size = random.Next(1, 7);
                AddGroup(group, size);
                live[group] = [.. Enumerable.Range(0, size).Select(i => Add(Member($"{group}-{i}", $"{random.Next(1, 4)}", group)))];
            }
            else if (live.Count > 0)
            {
                var group = live.Keys.ElementAt(random.Next(live.Count));
                live.Remove(group, out var pods);
                pods!.ForEach(p => _loop.Mailbox.Post(new Change(ChangeKind.Pod, p, null)));
            }

            _time.Advance(TimeSpan.FromSeconds(random.Next(20)));
            await SettleAsync();
            foreach (var (group, pods) in live)
            {
                var placed = pods.Count(p => _loop.Cache.Find(p.Metadata.Uid) is not null);
                Assert.True(placed == 0 || placed == pods.Count, $"step {step}: {placed} of {pods.Count} pods of {group} have a node");
                Assert.Equal(placed, _loop.Cache.Groups.PlacedCount(new NamespacedName("default", group)));
            }

            Assert.Equal(0, _loop.Queue.InFlightCount);
            Assert.Empty(_loop.WaitingPods.All);
        }
    }

    [Fact]
    public async Task Step_Groups_AreCountedByResult()
    {
        await Step_NodeComesForTheRest_TheWholeGroupIsBound();

        var text = System.Text.Encoding.UTF8.GetString(_metrics.Expose().Span);
        Assert.Contains("scheduler_podgroup_schedule_attempts_total{profile=\"default-scheduler\",result=\"scheduled\"} 1", text, StringComparison.Ordinal);
        Assert.Contains("scheduler_podgroup_schedule_attempts_total{profile=\"default-scheduler\",result=\"unschedulable\"} 1", text, StringComparison.Ordinal);
    }

    private static Pod Member(string name, string cpu = "100m", string group = "g") =>
        Make.Pod(name, cpu).With(p => p.Spec.SchedulingGroup = new PodSchedulingGroup { PodGroupName = group });

    private Condition Condition(string group) => _client.Peek(Resources.PodGroups, "default", group)!.Status.Conditions.Single(c => c.Type == "PodGroupScheduled");

    /// <param name="minCount">Null for the policy basic.</param>
    private void AddGroup(string name, int? minCount)
    {
        var policy = minCount is { } count
            ? new PodGroupSchedulingPolicy { Gang = new GangSchedulingPolicy { MinCount = count } }
            : new PodGroupSchedulingPolicy { Basic = new BasicSchedulingPolicy() };
        var group = _client.Seed(Resources.PodGroups, new PodGroup { Metadata = new ObjectMeta { Namespace = "default", Name = name }, Spec = new PodGroupSpec { SchedulingPolicy = policy } });
        _groups.Set(group);
        _loop.Mailbox.Post(new Change(ChangeKind.Other, null, group, new Framework.Events.ClusterEvent(Framework.Events.EventResource.PodGroup, Framework.Events.ActionType.Add)));
    }

    private Pod AddBound(string name, string cpu, string node)
    {
        var pod = Make.Pod(name, cpu, node: node);
        _client.Seed(Resources.Pods, pod.Clone());
        _loop.Mailbox.Post(new Change(ChangeKind.Pod, null, pod));
        return pod;
    }

    private void Add(Node node) => _loop.Mailbox.Post(new Change(ChangeKind.Node, null, node));

    private Pod Add(Pod pod)
    {
        _client.Seed(Resources.Pods, pod.Clone());
        _loop.Mailbox.Post(new Change(ChangeKind.Pod, null, pod));
        return pod;
    }

    private async Task SettleAsync()
    {
        bool hasWorked;
        do
        {
            hasWorked = _loop.Step(CancellationToken.None);
            await _loop.WhenIdleAsync();
        }
        while (hasWorked || _loop.Step(CancellationToken.None));
        await _loop.WhenIdleAsync();
    }

    private IEnumerable<(string Pod, string Node)> Bindings() =>
        _client.Requests.Where(r => r.Resource == "pods/binding").Select(r => (r.Name ?? "", ((Binding)r.Body!).Target.Name));

    private static Task WaitForAsync(Func<bool> condition) => WaitForAsync(() => Task.FromResult(condition()));

    private static async Task WaitForAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!await condition())
        {
            await Task.Delay(2, limit.Token);
        }
    }
}
