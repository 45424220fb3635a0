namespace NodeAgent.Cluster.Tests.Proxy;

public sealed class NftProxyCluster() : ProxyCluster("nft");
