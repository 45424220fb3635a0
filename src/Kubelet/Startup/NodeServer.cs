using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Hosting.Server;
using NodeAgent.KubeApi.Client;
using NodeAgent.Kubelet.Config;
using NodeAgent.Kubelet.Node;
using NodeAgent.Kubelet.Pods.Workers;
using NodeAgent.Kubelet.Server;
using NodeAgent.Kubelet.Server.Access;

namespace NodeAgent.Kubelet.Startup;

/// <summary>Puts the kubelet's HTTPS server together.</summary>
internal static class NodeServer
{
    private const string MetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static KubeletServer Make(KubeletSettings settings, EngineConnection engine, IKubeClient? client, PodParts pods, NodeFacts facts, MetricsRegistry metrics, ILoggerFactory loggers, TimeProvider time)
    {
        var config = settings.Config;
        var certificateLog = loggers.CreateLogger<ServingCertificate>();
        var certificate = config.TlsCertFile.Length > 0
            ? ServingCertificate.FromFiles(config.TlsCertFile, config.TlsPrivateKeyFile, time, certificateLog)
            : ServingCertificate.FromDirectory(settings.CertDirectory, "kubelet", [settings.NodeName, .. facts.HostIPs], time, certificateLog);
        var gate = new Kubelet.Server.Access.RequestGate(
            new RequestGateOptions
            {
                Anonymous = config.Authentication.Anonymous.Enabled,
                TokenReview = config.Authentication.Webhook.Enabled && client is not null,
                TokenCacheTtl = config.Authentication.Webhook.CacheTtl,
                ClientAuthorities = Authorities(config, loggers, time),
                AlwaysAllow = config.Authorization.Mode == "AlwaysAllow",
                AllowedTtl = config.Authorization.Webhook.CacheAuthorizedTtl,
                DeniedTtl = config.Authorization.Webhook.CacheUnauthorizedTtl,
            },
            client is null ? new NoAccessReviews() : new ApiAccessReviews(client, settings.NodeName),
            settings.NodeName,
            time);
        var options = new KubeletServerOptions
        {
            Address = IPAddress.Parse(config.Address),
            Port = config.Port,
            NodeName = settings.NodeName,
            Certificate = () => certificate.Current.TargetCertificate,
            StreamIdleTimeout = config.StreamingConnectionIdleTimeout,
            DebuggingHandlers = config.EnableDebuggingHandlers,
            Metrics = request => WriteMetricsAsync(request, metrics),
        };
        return new KubeletServer(options, new PodDirectory(pods.Manager, pods.Statuses), engine.Runtime, gate, time, loggers);
    }

    private static Func<X509Certificate2Collection>? Authorities(KubeletConfiguration config, ILoggerFactory loggers, TimeProvider time)
    {
        if (config.Authentication.X509.ClientCaFile.Length == 0)
        {
            return null;
        }

        var file = new ClientCaFile(config.Authentication.X509.ClientCaFile, time, loggers.CreateLogger<ClientCaFile>());
        return () => file.Current;
    }

    private static async Task WriteMetricsAsync(HttpContext request, MetricsRegistry metrics)
    {
        request.Response.ContentType = MetricsContentType;
        await request.Response.Body.WriteAsync(metrics.Expose(), request.RequestAborted);
    }
}
