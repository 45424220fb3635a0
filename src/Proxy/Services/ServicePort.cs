using System.Net;

namespace NodeAgent.Proxy.Services;

/// <summary>One port of a Service as one address family sees it. Immutable; equality says whether anything changed.</summary>
internal sealed record ServicePort(ServicePortName Name, IPAddress ClusterIP, int Port)
{
    /// <summary>0 when the port has none.</summary>
    public int NodePort { get; init; }

    public ValueList<IPAddress> ExternalIPs { get; init; } = [];

    /// <summary>Load balancer addresses that packets arrive with (ipMode VIP).</summary>
    public ValueList<IPAddress> LoadBalancerIPs { get; init; } = [];

    /// <summary>Empty when every source is allowed.</summary>
    public ValueList<IPNetwork> LoadBalancerSourceRanges { get; init; } = [];

    /// <summary>Seconds that a client sticks to its endpoint; null without session affinity.</summary>
    public int? AffinitySeconds { get; init; }

    public bool ExternalPolicyLocal { get; init; }

    public bool InternalPolicyLocal { get; init; }

    /// <summary>0 when the Service has none.</summary>
    public int HealthCheckNodePort { get; init; }

    public bool ExternallyAccessible => NodePort != 0 || LoadBalancerIPs.Count != 0 || ExternalIPs.Count != 0;

    /// <summary>
    /// True with a Local external policy too: pods and the node itself reach external addresses as if they had gone out
    /// and come back through a load balancer, which may pick any endpoint.
    /// </summary>
    public bool UsesClusterEndpoints => !InternalPolicyLocal || ExternallyAccessible;

    public bool UsesLocalEndpoints => InternalPolicyLocal || (ExternalPolicyLocal && ExternallyAccessible);
}
