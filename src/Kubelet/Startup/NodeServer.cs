using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Hosting.Server;
using NodeAgent.KubeApi.Client;
using NodeAgent.Kubelet.Config;
using NodeAgent.Kubelet.Metrics;
using NodeAgent.Kubelet.Node;
using NodeAgent.Kubelet.Pods.Workers;
using NodeAgent.Kubelet.Server;
using NodeAgent.Kubelet.Stats;

namespace NodeAgent.Kubelet.Startup;

/// <summary>Puts the kubelet's HTTPS server together.</summary>
internal static class NodeServer
{
    /// <summary>Enough that a thousand clients that do not finish their handshakes leave room for others.</summary>
    private const int MaxConnections = 4096;

    public static DaemonServer Make(
        KubeletSettings settings,
        EngineConnection engine,
        IKubeClient? client,
        PodParts pods,
        NodeFacts facts,
        IUsageSource usage,
        NodeIdentity identity,
        MetricsRegistry metrics,
        ImmutableArray<HealthCheck> checks,
        ILoggerFactory loggers,
        TimeProvider time)
    {
        var config = settings.Config;
        var options = new ServerOptions("kubelet", new IPEndPoint(IPAddress.Parse(config.Address), config.Port))
        {
            Tls = new TlsSettings(Certificate(settings, facts, identity, loggers, time)) { RequestClientCertificate = true },
            Security = Security(settings, client, metrics, loggers, time),
            WebSockets = true,
            MaxConnections = MaxConnections,
            Observe = new HttpMetrics(metrics, time).Begin,
        };
        var endpoints = new KubeletEndpointOptions(settings.NodeName)
        {
            StreamIdleTimeout = config.StreamingConnectionIdleTimeout,
            DebuggingHandlers = config.EnableDebuggingHandlers,
            SystemLogHandler = config.EnableSystemLogHandler,
            SystemLogQuery = config.EnableSystemLogQuery,
            CheckpointFolder = Path.Combine(settings.RootDirectory, "checkpoints"),
        };
        var server = new DaemonServer(options, loggers).MapHealth("/healthz", checks).MapMetrics(metrics);
        return new KubeletEndpoints(endpoints, new PodDirectory(pods.Manager, pods.Statuses), engine.Runtime, time, loggers, usage).MapTo(server);
    }

    private static ServingCertificate Certificate(KubeletSettings settings, NodeFacts facts, NodeIdentity identity, ILoggerFactory loggers, TimeProvider time)
    {
        var log = loggers.CreateLogger<ServingCertificate>();
        return settings.Config.TlsCertFile.Length > 0
            ? ServingCertificate.FromFiles(settings.Config.TlsCertFile, settings.Config.TlsPrivateKeyFile, time, log)
            : settings.Config.ServerTlsBootstrap ? ServingCertificate.FromSource(identity.ServingContext([settings.NodeName, .. facts.HostIPs]))
            : ServingCertificate.FromDirectory(settings.CertDirectory, "kubelet", [settings.NodeName, .. facts.HostIPs], time, log);
    }

    private static ServerSecurity Security(KubeletSettings settings, IKubeClient? client, MetricsRegistry metrics, ILoggerFactory loggers, TimeProvider time)
    {
        var (authentication, authorization) = (settings.Config.Authentication, settings.Config.Authorization);
        var authenticators = new List<IAuthenticator>();
        if (authentication.X509.ClientCaFile.Length > 0)
        {
            var authorities = new ClientCaFile(authentication.X509.ClientCaFile, time, loggers.CreateLogger<ClientCaFile>());
            authenticators.Add(new ClientCertificateAuthenticator(authorities, time));
        }

        if (authentication.Webhook.Enabled && client is not null)
        {
            authenticators.Add(new TokenReviewAuthenticator(client, authentication.Webhook.CacheTtl, time, DelegationMetrics.OfAuthentication(metrics, time)));
        }

        var ttls = new DelegationTtls(authentication.Webhook.CacheTtl, authorization.Webhook.CacheAuthorizedTtl, authorization.Webhook.CacheUnauthorizedTtl);
        IAuthorizer authorizer = authorization.Mode == "AlwaysAllow" ? new AlwaysAllow()
            : client is not null ? new SubjectAccessReviewAuthorizer(client, ttls, time, DelegationMetrics.OfAuthorization(metrics, time))
            : new DenyAll();
        return new ServerSecurity(authenticators, authorizer)
        {
            AllowAnonymous = authentication.Anonymous.Enabled,
            AlwaysAllowPaths = [],
            Attributes = NodeAccess.AttributesFor(settings.NodeName),
        };
    }
}
