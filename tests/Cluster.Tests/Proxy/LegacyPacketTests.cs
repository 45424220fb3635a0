using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.Proxy;

public sealed class LegacyPacketTests(LegacyProxyCluster cluster) : PacketTests(cluster), IClassFixture<LegacyProxyCluster>
{
    private const string Refused = "was refused";

    /// <summary>Programs of this flavour share a lock: one that somebody holds is waited for.</summary>
    [Fact]
    public async Task Write_WhileSomebodyHoldsTheLock_WaitsForIt()
    {
        var service = await cluster.ServiceAsync("locked", "", "TCP", ProxyNetwork.Pod2);
        var before = (await cluster.LogOfThisRunAsync()).Split(Refused).Length;
        var holding = cluster.Network.RunAsync(ProxyNetwork.Node, "flock", ["/run/xtables.lock", "sleep", "1.5"]);

        await cluster.EndpointsAsync("locked", "TCP", ProxyNetwork.Far);

        await Wait.UntilAsync("the new endpoint to answer", TimeSpan.FromSeconds(30), async () =>
            (await cluster.Network.AskAsync(ProxyNetwork.Pod1, service.ClusterIP, 80)).Endpoint == ProxyNetwork.Far, () => cluster.Log);
        await holding;
        Assert.Equal(before, (await cluster.LogOfThisRunAsync()).Split(Refused).Length);
    }
}
