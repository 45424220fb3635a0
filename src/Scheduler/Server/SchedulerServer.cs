using System.Net;
using Microsoft.Extensions.Logging;
using NodeAgent.Hosting.Config;
using NodeAgent.Hosting.Lifecycle;
using NodeAgent.Hosting.Server;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Coordination;
using NodeAgent.KubeApi.Credentials;
using NodeAgent.Scheduler.Config;

namespace NodeAgent.Scheduler.Server;

/// <summary>Builds the server for metrics, health and looking inside: TLS, with the API server asked who callers are and what they may do.</summary>
internal static class SchedulerServer
{
    private static readonly TimeSpan ElectionTolerance = TimeSpan.FromSeconds(20);

    /// <exception cref="ConfigException">An address or a file of the flags cannot be used.</exception>
    public static DaemonServer Build(DaemonContext<SchedulerSettings> context, SchedulerDaemon daemon, IKubeClient client, LeaderElector? elector)
    {
        var flags = context.Config.Flags;
        if (!IPAddress.TryParse(flags.BindAddress.Value, out var address))
        {
            throw new ConfigException("the flags cannot be used", $"--bind-address: \"{flags.BindAddress.Value}\" is no IP address");
        }

        var options = new ServerOptions("scheduler", new IPEndPoint(address, flags.SecurePort.Value))
        {
            Tls = new TlsSettings(Certificate(context)) { RequestClientCertificate = true },
            Security = Security(context, client),
        };
        var results = new HealthMetrics();
        var election = Election(elector);
        var synced = new HealthCheck("sched-handler-sync", () => daemon.Synced.IsCompletedSuccessfully ? null : "the first lists are not in yet");
        return new DaemonServer(options, context.Loggers)
            .MapHealth("/healthz", results.Counted(election, "healthz"))
            .MapHealth("/livez", results.Counted(election, "livez"))
            .MapHealth("/readyz", results.Counted(election, "readyz"), results.Counted(synced, "readyz"))
            .MapMetrics(context.Metrics)
            .MapMetrics(ResourceMetrics.For(daemon.Pods), "/metrics/resources")
            .MapHealthMetrics(results)
            .MapConfigz("componentconfig", () => ConfigText.Write(daemon.Config))
            .MapFlagz(context.Flags)
            .MapStatusz("kube-scheduler", context.Time)
            .MapExplain(daemon.Loop)
            .MapVerbosity(context.Logging.Verbosity);
    }

    private static HealthCheck Election(LeaderElector? elector) => elector is null
        ? HealthCheck.Ping
        : new HealthCheck("leaderElection", () => elector.IsHealthy(ElectionTolerance) ? null : "this is the leader, and its lease has not been renewed in time");

    private static ServingCertificate Certificate(DaemonContext<SchedulerSettings> context)
    {
        var flags = context.Config.Flags;
        return flags.CertificateFile.Value.Length > 0
            ? ServingCertificate.FromFiles(flags.CertificateFile.Value, flags.KeyFile.Value, context.Time, context.Loggers.CreateLogger<ServingCertificate>())
            : ServingCertificate.InMemory([Environment.MachineName, "localhost", "127.0.0.1"], context.Time);
    }

    private static ServerSecurity Security(DaemonContext<SchedulerSettings> context, IKubeClient client)
    {
        var flags = context.Config.Flags;
        var authenticators = new List<IAuthenticator>();
        if (flags.ClientCaFile.Value.Length > 0)
        {
            var authorities = new ClientCaFile(flags.ClientCaFile.Value, context.Time, context.Loggers.CreateLogger<ClientCaFile>());
            authenticators.Add(new ClientCertificateAuthenticator(authorities, context.Time));
        }

        var asking = ClientFor(context, flags.AuthenticationKubeconfig.Value, client);
        if (flags.ClientCaFile.Value.Length == 0 && !flags.SkipLookup.Value)
        {
            var authorities = new ClusterAuthorities(asking, context.Time, context.Loggers.CreateLogger<ClusterAuthorities>());
            context.Supervisor.Run("client authorities", authorities.RunAsync);
            authenticators.Add(new ClientCertificateAuthenticator(authorities, context.Time));
        }

        authenticators.Add(new TokenReviewAuthenticator(asking, DelegationTtls.Component.Authentication, context.Time));
        var authorizer = new SubjectAccessReviewAuthorizer(ClientFor(context, flags.AuthorizationKubeconfig.Value, client), DelegationTtls.Component, context.Time);
        return new ServerSecurity(authenticators, authorizer)
        {
            AlwaysAllowPaths = flags.AlwaysAllowPaths.Value,
            AlwaysAllowGroups = ["system:masters"],
        };
    }

    private static IKubeClient ClientFor(DaemonContext<SchedulerSettings> context, string kubeconfig, IKubeClient own) => kubeconfig.Length == 0
        ? own
        : new KubeClient(ClientConfig.Load(kubeconfig), new KubeClientOptions("kube-scheduler", -1), context.Loggers, context.Time);
}
