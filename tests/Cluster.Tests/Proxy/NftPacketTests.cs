namespace NodeAgent.Cluster.Tests.Proxy;

public sealed class NftPacketTests(NftProxyCluster cluster) : PacketTests(cluster), IClassFixture<NftProxyCluster>;
