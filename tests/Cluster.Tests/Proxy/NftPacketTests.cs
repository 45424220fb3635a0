using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.Proxy;

public sealed class NftPacketTests(NftProxyCluster cluster) : PacketTests(cluster), IClassFixture<NftProxyCluster>
{
    private readonly NftProxyCluster _cluster = cluster;

    /// <summary>What comes from pods of the node to a cluster address keeps its source, what comes from elsewhere does not.</summary>
    [Theory]
    [InlineData("NodeCIDR", "", ProxyNetwork.Pod1, ProxyNetwork.Outside)]
    [InlineData("BridgeInterface", "detectLocal: {bridgeInterface: cni0}", ProxyNetwork.Pod1, ProxyNetwork.Outside)]
    [InlineData("InterfaceNamePrefix", "detectLocal: {interfaceNamePrefix: outs}", ProxyNetwork.Outside, ProxyNetwork.Pod1)]
    public async Task DetectLocalMode_EachOfThem_KeepsTheSourceOfLocalTrafficOnly(string mode, string fields, string local, string other)
    {
        var service = await _cluster.ServiceAsync($"detect-{mode.ToLowerInvariant()}", "", "TCP", ProxyNetwork.Pod2);
        await _cluster.StopProxyAsync();
        try
        {
            await _cluster.StartProxyAsync($"detectLocalMode: {mode}\n{fields}");

            await Wait.UntilAsync("traffic to be told apart by the mode", TimeSpan.FromSeconds(30), async () =>
                await SourceAsync(local, service) == ProxyNetwork.Addresses[local]
                && await SourceAsync(other, service) == ProxyNetwork.Addresses[ProxyNetwork.Bridge], () => _cluster.Log);
        }
        finally
        {
            await _cluster.StopProxyAsync();
            await _cluster.StartProxyAsync();
        }
    }

    private async Task<string> SourceAsync(string from, ServiceAddress service) =>
        (await _cluster.Network.AskAsync(from, service.ClusterIP, 80)).Source;
}
