using Microsoft.Extensions.Logging;
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
internal static class SchedulerRoot
{
    public static async Task<int> RunAsync(DaemonContext<SchedulerSettings> context)
    {
        var config = context.Config.Config;
        var server = context.Config.Flags.Master.Value;
        var connection = ClientConfig.Load(
            config.ClientConnection.Kubeconfig is { Length: > 0 } kubeconfig ? kubeconfig : null,
            new ClientConfigOverrides(Server: server.Length > 0 ? server : null));
        var options = new KubeClientOptions($"kube-scheduler/{BuildInfo.GitVersion} nodeagent", config.ClientConnection.Qps, config.ClientConnection.Burst, Observer: new RestClientMetrics(context.Metrics));
        using var client = new KubeClient(connection, options, context.Loggers, context.Time);
        // The lease has a client of its own: a full queue of bindings must not cost the leadership.
        using var leaseClient = new KubeClient(connection, options with { Qps = -1, Observer = null, Timeout = config.LeaderElection.RenewDeadline / 2 }, context.Loggers, context.Time);

        var identity = $"{Environment.MachineName}_{Guid.NewGuid()}";
        var recorder = EventRecorder.ForSeries(
            client, "default-scheduler", $"default-scheduler-{Environment.MachineName}", context.Time, Random.Shared, context.Loggers.CreateLogger<EventRecorder>(), new EventRecorderOptions { Writers = 4, QueueLength = 5_000 });
        var registry = BuiltInPlugins.AddTo(new PluginRegistry());
        var daemon = new SchedulerDaemon(config, registry, client, recorder, context.Metrics, context.Loggers, context.Time, Random.Shared);

        var elector = config.LeaderElection.LeaderElect
            ? new LeaderElector(leaseClient, ElectionOptions(config.LeaderElection, identity), context.Time, Random.Shared, context.Loggers.CreateLogger<LeaderElector>(), recorder)
            : null;
        await using var web = context.Config.Flags.SecurePort.Value == 0 ? null : SchedulerServer.Build(context, daemon, client, elector);
        if (web is not null)
        {
            await web.StartAsync(context.Stopping);
            context.OnStop("server", web.StopAsync);
        }

        context.Supervisor.Run("events", recorder.RunAsync);
        context.Supervisor.Run("informers", daemon.RunInformersAsync);
        if (elector is not null)
        {
            context.Supervisor.Run("leader election", token => LeadAsync(context, elector, daemon, token));
        }
        else
        {
            context.Supervisor.Run("scheduling", daemon.RunLoopAsync);
        }

        context.Ready();
        return await context.RunUntilStoppedAsync();
    }

    /// <summary>A leader that has lost the lease has stopped binding; it ends, so that it starts anew as a candidate.</summary>
    private static async Task LeadAsync(DaemonContext<SchedulerSettings> context, LeaderElector elector, SchedulerDaemon daemon, CancellationToken cancellationToken)
    {
        var end = await elector.RunAsync(daemon.RunLoopAsync, cancellationToken);
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
        };
}
