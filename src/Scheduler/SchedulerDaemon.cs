using Microsoft.Extensions.Logging;
using NodeAgent.Hosting.Config;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Coordination;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Events;
using NodeAgent.KubeApi.Informers;
using NodeAgent.Scheduler.Config;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Explain;
using NodeAgent.Scheduler.Extenders;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Queue;

namespace NodeAgent.Scheduler;

/// <summary>The scheduler as a whole: informers, plugins, the decision loop.</summary>
internal sealed partial class SchedulerDaemon
{
    /// <summary>Pods that have ended take no room any more.</summary>
    internal const string LivePods = "status.phase!=Succeeded,status.phase!=Failed";

    /// <summary>A plugin that a reload adds may watch something new: its first list has to come within this time.</summary>
    private static readonly TimeSpan ReloadSyncTimeout = TimeSpan.FromSeconds(30);

    private readonly PluginRegistry _registry;
    private readonly LoopServices _services;
    private readonly InformerSet _informers;
    private readonly CatchUp _catchUp;
    private readonly IInformer<Node> _nodes;
    private readonly IInformer<Pod> _pods;
    private readonly bool _keepsWholeObjects;
    private readonly ILogger _logger;

    /// <exception cref="ConfigException">The configuration asks for something that cannot be.</exception>
    public SchedulerDaemon(KubeSchedulerConfiguration config, PluginRegistry registry, IKubeClient client, Discovery discovery, IEventRecorder recorder, MetricsRegistry metrics, ILoggerFactory loggers, TimeProvider time, Random random)
    {
        _logger = loggers.CreateLogger<SchedulerDaemon>();
        _registry = registry;
        _keepsWholeObjects = NeedsWholeObjects(config);
        Config = config;
        var mailbox = new Mailbox();
        _services = new LoopServices(client, discovery, recorder, new SchedulerMetrics(metrics, time), loggers, time, random, mailbox, new WaitingPods());
        _informers = new InformerSet(client, mailbox, loggers, time);
        _nodes = _informers.GetOrAdd(Resources.Nodes, options: new InformerOptions<Node>(Transform: _keepsWholeObjects ? null : new NodeTrimmer().Trim));
        _nodes.AddHandler(new PostingHandler<Node>(mailbox, ChangeKind.Node, EventResource.Node));
        if (KnowsNamespaceSelectors(discovery))
        {
            _informers.GetOrAdd(Resources.Namespaces).AddHandler(new PostingHandler<Namespace>(mailbox, ChangeKind.Namespace, EventResource.Custom));
        }

        _pods = _informers.GetOrAdd(Resources.Pods, options: new InformerOptions<Pod>(FieldSelector: LivePods, Transform: _keepsWholeObjects ? null : new PodTrimmer().Trim));
        _pods.AddHandler(new PostingHandler<Pod>(mailbox, ChangeKind.Pod, EventResource.Pod));
        var (profiles, options) = Build(config);
        Loop = new SchedulerLoop(profiles, options, _services);
        _catchUp = new CatchUp(client, Loop, time, loggers.CreateLogger<CatchUp>());
    }

    public SchedulerLoop Loop { get; }

    /// <summary>The nodes, as the informer has them.</summary>
    public IStore<Node> Nodes => _nodes.Store;

    /// <summary>The pods that have not ended, as the informer has them.</summary>
    public IStore<Pod> Pods => _pods.Store;

    /// <summary>What it runs by now.</summary>
    public KubeSchedulerConfiguration Config { get; private set; }

    /// <summary>The first lists are in: what is decided from now on is decided on the whole cluster.</summary>
    public Task Synced => _informers.Synced;

    /// <summary>Cache and queue, and where they differ from the informers, for people.</summary>
    public Task<string> DumpAsync(CancellationToken cancellationToken) =>
        Loop.AskAsync(() => StateDump.Write(Loop.Cache, Loop.Queue, Nodes, Pods), cancellationToken);

    /// <summary>Keeps the informers running; their events wait in the mailbox until <see cref="RunLoopAsync"/> takes them.</summary>
    public Task RunInformersAsync(CancellationToken cancellationToken) => _informers.RunAsync(cancellationToken);

    /// <summary>Decides about pods until cancelled; begins when the first lists are in.</summary>
    public async Task RunLoopAsync(CancellationToken cancellationToken)
    {
        await Synced.WaitAsync(cancellationToken);
        LogReady();
        await Loop.RunAsync(cancellationToken);
    }

    /// <summary>Keeps cache and queue warm until this scheduler leads; before its first decision it makes sure that it has seen every binding of the leader before it.</summary>
    /// <param name="elect">Waits for the leadership, then runs what it is given, and returns how that ended.</param>
    public async Task<LeadershipEnd> StandByAsync(Func<Func<CancellationToken, Task>, Task<LeadershipEnd>> elect, CancellationToken cancellationToken)
    {
        using var following = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var follow = Task.Run(() => Loop.FollowAsync(following.Token), CancellationToken.None);
        try
        {
            return await elect(async token =>
            {
                await Synced.WaitAsync(token);
                await _catchUp.RunAsync(token);
                await following.CancelAsync();
                await follow;
                await RunLoopAsync(token);
            });
        }
        finally
        {
            await following.CancelAsync();
            await follow;
        }
    }

    /// <summary>Goes on by another configuration, from the next decision on.</summary>
    /// <exception cref="ConfigException">It cannot be used, or not without a restart; nothing has changed.</exception>
    /// <exception cref="TimeoutException">What its plugins watch could not be listed; nothing has changed.</exception>
    public async Task ReloadAsync(KubeSchedulerConfiguration config, CancellationToken cancellationToken)
    {
        if (NeedsWholeObjects(config) && !_keepsWholeObjects)
        {
            throw new ConfigException("the configuration cannot be used", "extenders: the first one needs a restart, since pods and nodes are kept without the parts that only extenders and plugins of others read");
        }

        if (!config.PluginAssemblies.SequenceEqual(Config.PluginAssemblies))
        {
            throw new ConfigException("the configuration cannot be used", "pluginAssemblies: a change needs a restart");
        }

        var (profiles, options) = Build(config);
        if (profiles.Values.First().QueueSort.Name != Loop.QueueSortName)
        {
            throw new ConfigException("the configuration cannot be used", "plugins.queueSort: another plugin needs a restart");
        }

        await Synced.WaitAsync(ReloadSyncTimeout, _services.Time, cancellationToken);
        if (config.LeaderElection != Config.LeaderElection || config.ClientConnection != Config.ClientConnection)
        {
            LogNeedsRestart();
        }

        Config = config;
        Loop.Mailbox.Post(() => Use(profiles, options));
    }

    /// <summary>Before v1.21 pods could not select namespaces, and the scheduler's role did not let it list them.</summary>
    internal static bool KnowsNamespaceSelectors(Discovery discovery) => discovery.Minor is 0 or >= 21;

    private static bool NeedsWholeObjects(KubeSchedulerConfiguration config) => config.Extenders.Count + config.PluginAssemblies.Count > 0;

    private (Dictionary<string, Profile> Profiles, SchedulerOptions Options) Build(KubeSchedulerConfiguration config)
    {
        var extenders = ExtenderChain.Create(config.Extenders, _services.Loggers);
        string[] ignored = [.. config.Extenders.SelectMany(e => e.ManagedResources).Where(r => r.IgnoredByScheduler).Select(r => r.Name)];
        var builder = new ProfileBuilder(_registry, name => new PluginHost(name, _services, _informers, extenders, ignored));
        var profiles = config.Profiles.Select(p => builder.Build(p, config.PercentageOfNodesToScore)).ToDictionary(p => p.Name);
        var sorts = profiles.Values.Select(p => p.QueueSort.Name).Distinct().ToList();
        if (sorts.Count > 1)
        {
            throw new ConfigException("the configuration cannot be used", $"profiles: all must have one queueSort plugin, since they share the queue, not {string.Join(" and ", sorts)}");
        }

        var options = new SchedulerOptions
        {
            Queue = new QueueOptions
            {
                InitialBackoff = TimeSpan.FromSeconds(config.PodInitialBackoffSeconds),
                MaxBackoff = TimeSpan.FromSeconds(config.PodMaxBackoffSeconds),
            },
            Extenders = extenders,
            PodGroups = _registry.Gates.GenericWorkload ? BuiltInPlugins.PodGroupsOf(new PluginHost("", _services, _informers)) : null,
        };
        return (profiles, options);
    }

    private void Use(Dictionary<string, Profile> profiles, SchedulerOptions options)
    {
        var added = Loop.Use(profiles, options);
        foreach (var pod in _pods.Store.List())
        {
            if (pod.Spec is { NodeName: "" } spec && added.Contains(spec.SchedulerName))
            {
                Loop.Mailbox.Post(new Change(ChangeKind.Pod, null, pod));
            }
        }

        LogReloaded(string.Join(", ", profiles.Keys));
    }

    [LoggerMessage(EventId = 4020, Level = LogLevel.Information, Message = "The cluster is known; scheduling begins")]
    private partial void LogReady();

    [LoggerMessage(EventId = 4022, Level = LogLevel.Information, Message = "The changed configuration is in force; profiles: {Profiles}")]
    private partial void LogReloaded(string profiles);

    [LoggerMessage(EventId = 4023, Level = LogLevel.Warning, Message = "Changes of leaderElection and clientConnection take effect at the next start")]
    private partial void LogNeedsRestart();
}
