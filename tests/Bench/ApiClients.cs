using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Credentials;

namespace NodeAgent.Bench;

/// <summary>Clients of a bench's API server.</summary>
internal static class ApiClients
{
    /// <summary>The cluster's administrator, without a rate limit.</summary>
    public static KubeClient Admin(LocalControlPlane plane) =>
        new(ClientConfig.Load(plane.AdminKubeconfig), new KubeClientOptions("nodeagent-bench", Qps: -1), NullLoggerFactory.Instance, TimeProvider.System);
}
