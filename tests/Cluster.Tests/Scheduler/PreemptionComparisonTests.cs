using System.Globalization;
using NodeAgent.DevCluster.Processes;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Manifests;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.KubeApi.Objects;
using NodeAgent.KubeApi.Policy.V1;
using NodeAgent.KubeApi.Scheduling.V1;
using Xunit.Abstractions;

namespace NodeAgent.Cluster.Tests.Scheduler;

/// <summary>
/// Random full clusters and pods that are more important: upstream's kube-scheduler makes room, and has to choose a node that is as
/// good here, and on it the victims that this project's scheduler would choose.
/// </summary>
[Trait("Category", "Cluster"), Collection(SchedulerCollection.Name)]
public sealed class PreemptionComparisonTests(SchedulerCluster cluster, ITestOutputHelper output) : IAsyncLifetime
{
    private const int Top = 5;
    private static readonly string[] Apps = ["a", "b", "c"];

    /// <summary>NODEAGENT_COMPARED_PREEMPTIONS and NODEAGENT_COMPARISON_SEED change what is compared.</summary>
    private static int Rounds => Number("NODEAGENT_COMPARED_PREEMPTIONS", 10);

    public Task InitializeAsync() => cluster.StartOverAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [FactBesideUpstream("kube-scheduler")]
    public async Task RandomPreemptions_TakeTheVictimsThatUpstreamTakesTiesAside()
    {
        using var onlooker = await Onlooker.StartBesideUpstreamAsync(cluster);
        for (var i = 0; i <= Top; i++)
        {
            await cluster.Client.CreateAsync(Resources.PriorityClasses, new PriorityClass { Metadata = new ObjectMeta { Name = $"p{i}" }, Value = i * 10 }, default);
            await cluster.Client.CreateAsync(Resources.PriorityClasses, new PriorityClass { Metadata = new ObjectMeta { Name = $"n{i}" }, Value = i * 10, PreemptionPolicy = "Never" }, default);
        }

        var (made, differences) = (0, new List<string>());
        for (var round = 0; round < Rounds; round++)
        {
            var random = new Random((Number("NODEAGENT_COMPARISON_SEED", 1) * 1000) + round);
            await ClearAsync();
            var nodes = random.Next(3, 10);
            var low = await FillAsync(random, nodes, round);
            await onlooker.SeesAsync(nodes);
            foreach (var pod in low.Values)
            {
                await onlooker.SeesAsync(pod);
            }

            // Start times and budgets come after the objects; both schedulers watch.
            await Task.Delay(200);
            var preemptor = Preemptor(random, round);
            var candidates = await CandidatesAsync(onlooker, preemptor, low);
            var (node, victims) = await PreemptAsync(preemptor);
            made += node is null ? 0 : 1;
            if (Difference(candidates, node, victims) is { } difference)
            {
                differences.Add($"round {round}: {difference}\n{KubeJson.ToText(preemptor)}\n{string.Join('\n', candidates)}");
            }
        }

        output.WriteLine($"{Rounds} pods that fit nowhere compared, room was made for {made}, {differences.Count} differences");
        Assert.True(differences.Count == 0, $"{differences.Count} of {Rounds} differ:\n{string.Join("\n\n", differences.Take(5))}");
    }

    private static int Number(string variable, int fallback) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : fallback;

    /// <summary>Null when upstream's choice could be this project's.</summary>
    private static string? Difference(IReadOnlyList<Room> candidates, string? node, IReadOnlyList<string> victims)
    {
        if (node is null)
        {
            return candidates.Count == 0 ? null : $"upstream makes no room, here {string.Join(", ", candidates.Select(c => c.Node))} can be made free";
        }

        if (candidates.FirstOrDefault(c => c.Node == node) is not { } own)
        {
            return $"upstream makes room on {node}, which cannot be made free here";
        }

        var best = candidates.Single(c => c.IsBest);
        return own.Harm != best.Harm ? $"upstream makes room on {node}, where it does more harm than on {best.Node}"
            : !own.Victims.Order(StringComparer.Ordinal).SequenceEqual(victims) ? $"on {node} upstream's victims are {string.Join(", ", victims)}"
            : null;
    }

    private static Pod PodOf(string name, int priority, string cpu)
    {
        var pod = SchedulerCluster.Pod(name, cpu);
        pod.Spec.PriorityClassName = $"p{priority}";
        pod.Spec.TerminationGracePeriodSeconds = 600;
        return pod;
    }

    private static Pod Preemptor(Random random, int round)
    {
        var pod = PodOf($"wanted-{round}", random.Next(2, Top + 1), $"{random.Next(1, 5)}");
        pod.Metadata.Labels["app"] = Apps[random.Next(Apps.Length)];
        if (random.Next(3) == 0)
        {
            pod.Spec.Containers[0].Ports.Add(new ContainerPort { ContainerPort_ = 80, HostPort = 8080 });
        }

        if (random.Next(3) == 0)
        {
            var selector = new LabelSelector();
            selector.MatchLabels["app"] = Apps[random.Next(Apps.Length)];
            pod.Spec.Affinity = new Affinity { PodAntiAffinity = new PodAntiAffinity() };
            pod.Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution.Add(new PodAffinityTerm { TopologyKey = "kubernetes.io/hostname", LabelSelector = selector });
        }

        if (random.Next(4) == 0)
        {
            pod.Spec.PriorityClassName = "n" + pod.Spec.PriorityClassName[1..];
        }

        return pod;
    }

    /// <summary>Nodes with no CPU left, and budgets for some of what runs there.</summary>
    private async Task<Dictionary<string, Pod>> FillAsync(Random random, int nodes, int round)
    {
        var pods = new Dictionary<string, Pod>();
        for (var i = 0; i < nodes; i++)
        {
            await cluster.Client.CreateAsync(Resources.Nodes, SchedulerCluster.Node($"node-{i}"), default);
            for (var free = 4; free > 0;)
            {
                var cpu = random.Next(1, free + 1);
                free -= cpu;
                var pod = PodOf($"low-{round}-{pods.Count}", random.Next(0, Top), $"{cpu}");
                pod.Spec.NodeName = $"node-{i}";
                pod.Metadata.Labels["app"] = Apps[random.Next(Apps.Length)];
                if (random.Next(3) == 0 && !pods.Values.Any(p => p.Spec.NodeName == pod.Spec.NodeName && p.Spec.Containers[0].Ports.Count > 0))
                {
                    pod.Spec.Containers[0].Ports.Add(new ContainerPort { ContainerPort_ = 80, HostPort = 8080 });
                }

                var created = await cluster.Client.CreateAsync(Resources.Pods, pod, default);
                created.Status.StartTime = new Time { Seconds = 1_600_000_000 + random.Next(1_000_000) };
                pods[pod.Metadata.Name] = await cluster.Client.UpdateAsync(Resources.Pods, created, default, "status");
            }
        }

        if (random.Next(2) == 0)
        {
            var budget = new PodDisruptionBudget { Metadata = new ObjectMeta { Name = "some", Namespace = SchedulerCluster.Namespace }, Spec = new PodDisruptionBudgetSpec { Selector = new LabelSelector() } };
            budget.Spec.Selector.MatchLabels["app"] = Apps[random.Next(Apps.Length)];
            var created = await cluster.Client.CreateAsync(Resources.PodDisruptionBudgets, budget, default);
            created.Status = new PodDisruptionBudgetStatus { DisruptionsAllowed = random.Next(3), CurrentHealthy = 1, DesiredHealthy = 1, ExpectedPods = 1, ObservedGeneration = 1 };
            await cluster.Client.UpdateAsync(Resources.PodDisruptionBudgets, created, default, "status");
        }

        return pods;
    }

    private static async Task<IReadOnlyList<Room>> CandidatesAsync(Onlooker onlooker, Pod preemptor, Dictionary<string, Pod> low)
    {
        var asked = preemptor.Clone();
        asked.Spec.Priority = int.Parse(preemptor.Spec.PriorityClassName[1..], CultureInfo.InvariantCulture) * 10;
        asked.Spec.PreemptionPolicy = preemptor.Spec.PriorityClassName[0] == 'n' ? "Never" : "PreemptLowerPriority";
        var (explanation, _) = await onlooker.SimulateAsync(asked, 1);
        return [.. explanation.GetProperty("preemption").GetProperty("candidates").EnumerateArray().Select(c =>
        {
            string[] victims = [.. c.GetProperty("victims").EnumerateArray().Select(v => NamespacedName.Parse(v.GetString()!).Name)];
            var priorities = victims.Select(v => low[v].Spec.Priority).ToList();
            var earliest = victims.Where(v => low[v].Spec.Priority == priorities.Max()).Min(v => low[v].Status.StartTime.Seconds);
            return new Room(c.GetProperty("node").GetString()!, victims, (c.GetProperty("violations").GetInt32(), priorities.Max(), priorities.Sum(p => (long)p), victims.Length, earliest), c.GetProperty("isBest").GetBoolean());
        })];
    }

    /// <returns>The node on which upstream makes room, null for none, and who has to leave.</returns>
    private async Task<(string? Node, IReadOnlyList<string> Victims)> PreemptAsync(Pod preemptor)
    {
        await cluster.Client.CreateAsync(Resources.Pods, preemptor, default);
        Pod? seen = null;
        await Wait.UntilAsync($"upstream to decide about {preemptor.Metadata.Name}", TimeSpan.FromSeconds(30), async () =>
        {
            seen = await cluster.GetAsync(preemptor.Metadata.Name);
            return seen.GetCondition("PodScheduled") is { Status: "False" };
        }, interval: TimeSpan.FromMilliseconds(10));
        if (seen!.Status.NominatedNodeName is not { Length: > 0 } node)
        {
            return (null, []);
        }

        // Victims are told to leave one after the other.
        string[] victims = [];
        var unchanged = 0;
        await Wait.UntilAsync($"the victims of {preemptor.Metadata.Name} on {node}", TimeSpan.FromSeconds(30), async () =>
        {
            var pods = (await cluster.Client.ListAsync(Resources.Pods, SchedulerCluster.Namespace, new ListOptions(), default)).Items;
            string[] now = [.. pods.Where(p => p.Metadata.DeletionTimestamp is not null).Select(p => p.Metadata.Name).Order(StringComparer.Ordinal)];
            unchanged = now.Length > 0 && now.SequenceEqual(victims) ? unchanged + 1 : 0;
            victims = now;
            return unchanged == 4;
        }, interval: TimeSpan.FromMilliseconds(50));
        return (node, victims);
    }

    private async Task ClearAsync()
    {
        await cluster.ClearAsync();
        foreach (var budget in (await cluster.Client.ListAsync(Resources.PodDisruptionBudgets, SchedulerCluster.Namespace, new ListOptions(), default)).Items)
        {
            await cluster.Client.DeleteAsync(Resources.PodDisruptionBudgets, SchedulerCluster.Namespace, budget.Metadata.Name, new DeleteRequest(), default);
        }
    }

    /// <summary>A node that can be made free, by this project's scheduler.</summary>
    /// <param name="Harm">What candidates are compared by, in order: budgets violated, top priority, sum of priorities, number, start of the most important.</param>
    private sealed record Room(string Node, IReadOnlyList<string> Victims, (int Violations, int Top, long Sum, int Count, long Started) Harm, bool IsBest)
    {
        public override string ToString() => $"{(IsBest ? "*" : " ")} {Node}: {string.Join(", ", Victims)} {Harm}";
    }
}
