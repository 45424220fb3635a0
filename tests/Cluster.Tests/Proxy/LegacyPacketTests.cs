namespace NodeAgent.Cluster.Tests.Proxy;

public sealed class LegacyPacketTests(LegacyProxyCluster cluster) : PacketTests(cluster), IClassFixture<LegacyProxyCluster>;
