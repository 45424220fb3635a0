using System.Globalization;
using Microsoft.Extensions.Logging;
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
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Queue;

namespace NodeAgent.Scheduler;

/// <summary>The scheduler as a whole: informers, plugins, the decision loop.</summary>
internal sealed partial class SchedulerDaemon
{
    /// <summary>Pods that have ended take no room any more.</summary>
    internal const string LivePods = "status.phase!=Succeeded,status.phase!=Failed";

    private readonly InformerSet _informers;
    private readonly CatchUp _catchUp;
    private readonly ILogger _logger;

    /// <exception cref="Hosting.Config.ConfigException">The configuration asks for something that cannot be.</exception>
    public SchedulerDaemon(KubeSchedulerConfiguration config, PluginRegistry registry, IKubeClient client, Discovery discovery, IEventRecorder recorder, MetricsRegistry metrics, ILoggerFactory loggers, TimeProvider time, Random random)
    {
        _logger = loggers.CreateLogger<SchedulerDaemon>();
        var mailbox = new Mailbox();
        var services = new LoopServices(client, discovery, recorder, new SchedulerMetrics(metrics), loggers, time, random, mailbox, new WaitingPods());
        _informers = new InformerSet(client, mailbox, loggers, time);
        var pods = new InformerOptions<Pod>(FieldSelector: LivePods, Transform: PodTrimmer.Trim);
        var nodeInformer = _informers.GetOrAdd(Resources.Nodes);
        nodeInformer.AddHandler(new PostingHandler<Node>(mailbox, ChangeKind.Node, EventResource.Node));
        if (KnowsNamespaceSelectors(discovery.ServerVersion))
        {
            _informers.GetOrAdd(Resources.Namespaces).AddHandler(new PostingHandler<Namespace>(mailbox, ChangeKind.Namespace, EventResource.Custom));
        }

        var podInformer = _informers.GetOrAdd(Resources.Pods, options: pods);
        podInformer.AddHandler(new PostingHandler<Pod>(mailbox, ChangeKind.Pod, EventResource.Pod));
        var builder = new ProfileBuilder(registry, name => new PluginHost(name, services, _informers));
        var profiles = config.Profiles.Select(p => builder.Build(p, config.PercentageOfNodesToScore)).ToDictionary(p => p.Name);
        var options = new SchedulerOptions
        {
            Queue = new QueueOptions
            {
                InitialBackoff = TimeSpan.FromSeconds(config.PodInitialBackoffSeconds),
                MaxBackoff = TimeSpan.FromSeconds(config.PodMaxBackoffSeconds),
            },
        };
        Loop = new SchedulerLoop(profiles, options, services);
        (Nodes, Pods) = (nodeInformer.Store, podInformer.Store);
        _catchUp = new CatchUp(client, Loop, time, loggers.CreateLogger<CatchUp>());
    }

    public SchedulerLoop Loop { get; }

    /// <summary>The nodes, as the informer has them.</summary>
    public IStore<Node> Nodes { get; }

    /// <summary>The pods that have not ended, as the informer has them.</summary>
    public IStore<Pod> Pods { get; }

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

    /// <summary>Before v1.21 pods could not select namespaces, and the scheduler's role did not let it list them.</summary>
    internal static bool KnowsNamespaceSelectors(string serverVersion)
    {
        var parts = serverVersion.TrimStart('v').Split('.');
        return parts.Length < 2 || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var minor) || parts[0] != "1" || minor >= 21;
    }

    [LoggerMessage(EventId = 4020, Level = LogLevel.Information, Message = "The cluster is known; scheduling begins")]
    private partial void LogReady();
}
