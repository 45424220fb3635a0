using Microsoft.Extensions.Logging;
using NodeAgent.Hosting.Config;
using NodeAgent.Hosting.Lifecycle;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Coordination;
using NodeAgent.KubeApi.Credentials;
using NodeAgent.KubeApi.Events;
using NodeAgent.Scheduler.Config;
using NodeAgent.Scheduler.Server;

namespace NodeAgent.Scheduler;

/// <summary>Puts the daemon together.</summary>
internal static partial class SchedulerRoot
{
    private static readonly TimeSpan DiscoveryPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ConfigCheckPeriod = TimeSpan.FromSeconds(1);

    /// <summary>A standing-by scheduler is to take over within two seconds after the leader was asked to stop.</summary>
    private static readonly TimeSpan StandbyPeriod = TimeSpan.FromMilliseconds(500);

    public static async Task<int> RunAsync(DaemonContext<SchedulerSettings> context)
    {
        var config = context.Config.Config;
        var server = context.Config.Flags.Master.Value;
        var connection = ClientConfig.Load(
            config.ClientConnection.Kubeconfig is { Length: > 0 } kubeconfig ? kubeconfig : null,
            new ClientConfigOverrides(Server: server.Length > 0 ? server : null));
        var options = new KubeClientOptions($"kube-scheduler/{BuildInfo.GitVersion} nodeagent", config.ClientConnection.Qps, config.ClientConnection.Burst, Observer: new RestClientMetrics(context.Metrics));
        var gate = config.LeaderElection.LeaderElect ? new LeaderGate() : null;
        using var client = new KubeClient(connection, options with { Gate = gate }, context.Loggers, context.Time);
        // The lease has a client of its own: a full queue of bindings must not cost the leadership.
        using var leaseClient = new KubeClient(connection, options with { Qps = -1, Observer = null, Timeout = config.LeaderElection.RenewDeadline / 2 }, context.Loggers, context.Time);

        var identity = $"{Environment.MachineName}_{Guid.NewGuid()}";
        var recorder = EventRecorder.ForSeries(
            client, "default-scheduler", $"default-scheduler-{Environment.MachineName}", context.Time, Random.Shared, context.Loggers.CreateLogger<EventRecorder>(), new EventRecorderOptions { Writers = 4, QueueLength = 5_000 });
        var registry = BuiltInPlugins.AddTo(new PluginRegistry(), context.Config.Flags.Gates);
        PluginAssemblies.AddTo(registry, config.PluginAssemblies);
        SchedulerDaemon Build(Discovery discovery, MetricsRegistry metrics) =>
            new(config, registry, client, discovery, recorder, metrics, context.Loggers, context.Time, Random.Shared);

        // What is wrong with the configuration is to be told now, not when the API server is there.
        _ = Build(new Discovery("", new HashSet<(string, string)>()), new MetricsRegistry());
        LeaderElector? elector = null;
        if (gate is not null)
        {
            elector = new LeaderElector(leaseClient, ElectionOptions(config.LeaderElection, identity), new BootTimeProvider(context.Time), Random.Shared, context.Loggers.CreateLogger<LeaderElector>(), recorder);
            gate.Elector = elector;
        }

        context.Supervisor.Run("events", recorder.RunAsync);
        context.Supervisor.RunOnce("start", token => StartAsync(context, client, elector, discovery => Build(discovery, context.Metrics), token));
        return await context.RunUntilStoppedAsync();
    }

    private static async Task StartAsync(DaemonContext<SchedulerSettings> context, KubeClient client, LeaderElector? elector, Func<Discovery, SchedulerDaemon> build, CancellationToken cancellationToken)
    {
        var daemon = build(await DiscoverAsync(client, context, cancellationToken));
        if (context.Config.Flags.SecurePort.Value != 0)
        {
            var web = SchedulerServer.Build(context, daemon, client, elector);
            await web.StartAsync(cancellationToken);
            context.OnStop("server", async token =>
            {
                await web.StopAsync(token);
                await web.DisposeAsync();
            });
        }

        context.OnDump(() => daemon.DumpAsync(CancellationToken.None).GetAwaiter().GetResult());
        context.Supervisor.Run("informers", daemon.RunInformersAsync);
        WatchConfig(context, daemon);
        if (elector is null)
        {
            context.Supervisor.Run("scheduling", daemon.RunLoopAsync);
        }
        else
        {
            context.Supervisor.Run("leader election", token => LeadAsync(context, elector, daemon, token));
        }

        context.Ready();
        await daemon.Synced.WaitAsync(cancellationToken);
        context.LetGoOfPrograms();
    }

    /// <summary>A changed file is taken over when it can be used; else the last one that could stays in force.</summary>
    private static void WatchConfig(DaemonContext<SchedulerSettings> context, SchedulerDaemon daemon)
    {
        var flags = context.Config.Flags;
        if (flags.ConfigFile.Length == 0)
        {
            return;
        }

        var logger = context.Loggers.CreateLogger("kube-scheduler");
        var watcher = new FileWatcher(
            [flags.ConfigFile],
            token =>
            {
                var warnings = new StartupWarnings();
                daemon.ReloadAsync(flags.Load(warnings), token).GetAwaiter().GetResult();
                foreach (var line in warnings.Lines)
                {
                    LogConfigWarning(logger, line);
                }
            },
            ConfigCheckPeriod,
            context.Time,
            logger);
        context.Supervisor.Run("configuration", watcher.RunAsync);
    }

    /// <summary>Plugins have to know what the server has before they are made, so a server that is down is waited for.</summary>
    private static async Task<Discovery> DiscoverAsync(KubeClient client, DaemonContext<SchedulerSettings> context, CancellationToken cancellationToken)
    {
        var logger = context.Loggers.CreateLogger("kube-scheduler");
        for (var isFirst = true; ; isFirst = false)
        {
            try
            {
                return await client.DiscoverAsync(cancellationToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                if (isFirst)
                {
                    LogServerAway(logger, client.Server, e);
                }

                await Task.Delay(DiscoveryPause, context.Time, cancellationToken);
            }
        }
    }

    [LoggerMessage(EventId = 4021, Level = LogLevel.Warning, Message = "The API server at {Server} cannot be asked what it has; waiting for it")]
    private static partial void LogServerAway(ILogger logger, Uri server, Exception exception);

    [LoggerMessage(EventId = 4024, Level = LogLevel.Warning, Message = "{Warning}")]
    private static partial void LogConfigWarning(ILogger logger, string warning);

    /// <summary>A leader that has lost the lease has stopped binding; it ends, so that it starts anew as a candidate.</summary>
    private static async Task LeadAsync(DaemonContext<SchedulerSettings> context, LeaderElector elector, SchedulerDaemon daemon, CancellationToken cancellationToken)
    {
        var end = await daemon.StandByAsync(lead => elector.RunAsync(lead, cancellationToken), cancellationToken);
        if (end == LeadershipEnd.Lost)
        {
            context.Stop(StopReason.Failure("the lease was lost"));
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
    }

    private static LeaderElectionOptions ElectionOptions(LeaderElectionConfiguration config, string identity) =>
        new(config.ResourceNamespace, config.ResourceName, identity)
        {
            LeaseDuration = config.LeaseDuration,
            RenewDeadline = config.RenewDeadline,
            RetryPeriod = config.RetryPeriod,
            WatchPeriod = StandbyPeriod,
        };
}
