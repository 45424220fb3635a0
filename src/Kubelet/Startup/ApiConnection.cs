using Microsoft.Extensions.Logging;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Credentials;
using NodeAgent.Kubelet.Config;

namespace NodeAgent.Kubelet.Startup;

/// <summary>The connections to the API server: one for work, one each for events and heartbeats, so that neither waits behind the others' rate limit.</summary>
internal sealed record ApiConnection(KubeClient Client, KubeClient Events, KubeClient Heartbeat)
{
    public static string Agent => $"kubelet/{BuildInfo.GitVersion} (linux/{BuildInfo.Platform})";

    /// <returns>Null for a kubelet without an API server.</returns>
    /// <exception cref="ClientConfigException">The kubeconfig cannot be used.</exception>
    public static ApiConnection? Open(KubeletSettings settings, MetricsRegistry metrics, ILoggerFactory loggers, TimeProvider time)
    {
        if (settings.Kubeconfig.Length == 0)
        {
            return null;
        }

        var config = ClientConfig.Load(settings.Kubeconfig);
        var observer = new RestClientMetrics(metrics);
        return new ApiConnection(
            new KubeClient(config, new KubeClientOptions(Agent, settings.Config.KubeApiQps, settings.Config.KubeApiBurst, Observer: observer), loggers, time),
            new KubeClient(config, new KubeClientOptions(Agent, settings.Config.EventRecordQps > 0 ? settings.Config.EventRecordQps : -1, settings.Config.EventBurst, Observer: observer), loggers, time),
            new KubeClient(config, new KubeClientOptions(Agent, Observer: observer) { Timeout = TimeSpan.FromSeconds(10) }, loggers, time));
    }
}
