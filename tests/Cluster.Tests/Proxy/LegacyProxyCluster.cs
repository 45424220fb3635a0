namespace NodeAgent.Cluster.Tests.Proxy;

public sealed class LegacyProxyCluster() : ProxyCluster("legacy");
