namespace NodeAgent.Cluster.Tests.Proxy;

/// <summary>Which of a Service's addresses is asked.</summary>
internal enum PacketTarget
{
    ClusterIP,
    NodePort,

    /// <summary>An external or load balancer address.</summary>
    External,
}
