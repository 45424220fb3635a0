using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Scheduler.Cache;
using NodeAgent.Scheduler.Config;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;
using NodeAgent.Scheduler.Plugins.PrioritySort;
using NodeAgent.Scheduler.Queue;
using NodeAgent.Testing;

namespace NodeAgent.Scheduler.Tests;

/// <summary>A cache with nodes and pods, and decisions about it by the default plugins or by some of them.</summary>
internal sealed class TestCluster
{
    private static readonly Profile SharedProfile = DefaultProfile();

    private readonly Dictionary<string, Decider> _deciders = [];

    public ClusterCache Cache { get; } = new();

    public Nominations Nominations { get; } = new();

    public InMemoryKubeClient Client { get; } = new();

    public TestCluster With(params IEnumerable<Node> nodes)
    {
        foreach (var node in nodes)
        {
            Cache.Nodes.SetNode(node);
        }

        return this;
    }

    /// <summary>Pods that are on nodes.</summary>
    public TestCluster With(params IEnumerable<Pod> pods)
    {
        foreach (var pod in pods)
        {
            Cache.SetPod(pod);
        }

        return this;
    }

    public PodInfo Parse(Pod pod) => Cache.Parser.Parse(pod);

    public static Profile DefaultProfile(InMemoryKubeClient? client = null, KubeSchedulerProfile? config = null, TimeProvider? time = null)
    {
        var registry = BuiltInPlugins.AddTo(new PluginRegistry());
        time ??= TimeProvider.System;
        var mailbox = new Mailbox();
        var services = new LoopServices(client ?? new InMemoryKubeClient(), new InMemoryKubeClient().Discovery, new RecordedEvents(), new SchedulerMetrics(new MetricsRegistry(), TimeProvider.System), NullLoggerFactory.Instance, time, new Random(1), mailbox, new WaitingPods());
        var informers = new InformerSet(services.Client, mailbox, services.Loggers, time);
        return new ProfileBuilder(registry, name => new PluginHost(name, services, informers)).Build(config ?? new KubeSchedulerProfile());
    }

    /// <summary>A decision by the default plugins; reuses what it learned from decisions before.</summary>
    public Decision Decide(Pod pod, int seed = 1) => DeciderFor("default", (client, config) => DefaultProfile(client, config), seed).Decide(Parse(pod), new CycleState());

    /// <summary>A decision that reuses nothing.</summary>
    public Decision DecideAfresh(Pod pod, int seed = 1) =>
        new Decider(SharedProfile, Cache.Nodes, Nominations, new Random(seed)).Decide(Parse(pod), new CycleState());

    /// <summary>A decision by one plugin alone.</summary>
    public Decision DecideBy(IPlugin plugin, Pod pod) => new Decider(Alone(plugin), Cache.Nodes, Nominations, new Random(1)).Decide(Parse(pod), new CycleState());

    /// <summary>The names of the nodes that the plugin lets through.</summary>
    public string[] Feasible(IPlugin plugin, Pod pod)
    {
        var decision = DecideBy(plugin, pod);
        return [.. Cache.Nodes.Present.ToList().Where(s => decision.NodeName is not null || decision.Diagnosis is not null)
            .Where(s => !IsRefused(plugin, pod, s)).Select(s => Cache.Nodes[s].Name).Order(StringComparer.Ordinal)];
    }

    /// <summary>The plugin's normalised scores by node.</summary>
    public Dictionary<string, long> Scores(IScorePlugin plugin, Pod pod)
    {
        var scores = new Dictionary<string, long>();
        var decider = new Decider(Alone(plugin), Cache.Nodes, Nominations, new Random(1))
        {
            OnScores = (_, slots, values) =>
            {
                for (var i = 0; i < slots.Length; i++)
                {
                    scores[Cache.Nodes[slots.Span[i]].Name] = values.Span[i];
                }
            },
        };
        decider.Decide(Parse(pod), new CycleState());
        return scores;
    }

    public Status StatusOn(IPlugin plugin, Pod pod, string node)
    {
        var decider = new Decider(Alone(plugin), Cache.Nodes, Nominations, new Random(1));
        var info = Parse(pod);
        var state = new CycleState();
        decider.Decide(info, state);
        return decider.FilterOne(info, state, ActivePlugins.Of(state), Cache.Nodes.FindSlot(node));
    }

    private bool IsRefused(IPlugin plugin, Pod pod, int slot) => !StatusOn(plugin, pod, Cache.Nodes[slot].Name).IsSuccess;

    private Decider DeciderFor(string name, Func<InMemoryKubeClient?, KubeSchedulerProfile?, Profile> profile, int seed)
    {
        if (!_deciders.TryGetValue(name, out var decider))
        {
            decider = new Decider(profile(null, null), Cache.Nodes, Nominations, new Random(seed));
            _deciders[name] = decider;
        }

        return decider;
    }

    private static Profile Alone(IPlugin plugin)
    {
        static IReadOnlyList<T> As<T>(IPlugin p)
            where T : class => p is T t ? [t] : [];

        return new Profile("default-scheduler")
        {
            QueueSort = new PrioritySortPlugin(),
            PreFilter = As<IPreFilterPlugin>(plugin),
            Filter = As<IFilterPlugin>(plugin),
            PreScore = As<IPreScorePlugin>(plugin),
            Score = plugin is IScorePlugin score ? [new WeightedScore(score, 1)] : [],
            Plugins = [plugin],
        };
    }
}
