using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.Proxy;

/// <summary>Settings of the proxy that packets show. Each test starts it anew, and once more as it was.</summary>
public abstract partial class PacketTests
{
    /// <summary>How the proxy is to tell local traffic, who is local then, and who is not.</summary>
    private static readonly (string Fields, string Local, string Other)[] DetectLocalModes =
    [
        ("detectLocalMode: NodeCIDR", ProxyNetwork.Pod1, ProxyNetwork.Outside),
        ("detectLocalMode: BridgeInterface\ndetectLocal: {bridgeInterface: cni0}", ProxyNetwork.Pod1, ProxyNetwork.Outside),
        ("detectLocalMode: InterfaceNamePrefix\ndetectLocal: {interfaceNamePrefix: outs}", ProxyNetwork.Outside, ProxyNetwork.Pod1),
    ];

    /// <summary>What comes from pods of the node to a cluster address keeps its source, what comes from elsewhere does not.</summary>
    [Fact]
    public async Task DetectLocalMode_EachOfThem_KeepsTheSourceOfLocalTrafficOnly()
    {
        var service = await cluster.ServiceAsync("detected", "", "TCP", ProxyNetwork.Pod2);
        try
        {
            foreach (var (fields, local, other) in DetectLocalModes)
            {
                await cluster.StopProxyAsync();
                await cluster.StartProxyAsync(fields);

                await Wait.UntilAsync($"traffic to be told apart by {fields}", TimeSpan.FromSeconds(30), async () =>
                    await SourceAsync(local) == ProxyNetwork.Addresses[local] && await SourceAsync(other) == ProxyNetwork.Addresses[ProxyNetwork.Bridge], () => cluster.Log);
            }
        }
        finally
        {
            await cluster.StopProxyAsync();
            await cluster.StartProxyAsync();
            await Wait.UntilAsync("the rules of the last mode to go", TimeSpan.FromSeconds(30), async () =>
                !(await cluster.RulesAsync() + await cluster.RulesAsync("ip6tables")).Contains(" outs+ ", StringComparison.Ordinal), () => cluster.Log);
        }

        async Task<string> SourceAsync(string from) => (await Network.AskAsync(from, service.ClusterIP, 80)).Source;
    }

    /// <summary>Local traffic is masqueraded too, by another bit of the mark, and node ports answer at one address.</summary>
    [Fact]
    public async Task MasqueradeAllAndPrimaryNodePorts_AskedForInTheConfiguration_AreWhatPacketsMeet()
    {
        const string AtEveryIPv4 = "Node ports answer at every IPv4 address";
        var service = await cluster.ServiceAsync("settings", NodePort, "TCP", ProxyNetwork.Pod2);
        var usual = await cluster.LogOfThisRunAsync();
        await cluster.StopProxyAsync();
        try
        {
            await cluster.StartProxyAsync("clusterCIDR: 10.244.0.0/16,fd00:244::/32\nnodePortAddresses: [primary]", "masqueradeAll: true, masqueradeBit: 15");

            await Wait.UntilAsync("local traffic to be masqueraded", TimeSpan.FromSeconds(30), async () =>
                (await Network.AskAsync(ProxyNetwork.Pod1, service.ClusterIP, 80)).Source == ProxyNetwork.Addresses[ProxyNetwork.Bridge], () => cluster.Log);
            await ReachesAsync(() => Network.AskAsync(ProxyNetwork.Pod1, ProxyNetwork.Addresses[ProxyNetwork.Node], service.NodePort));
            Assert.Equal("", (await Network.AskAsync(ProxyNetwork.Pod1, ProxyNetwork.Addresses[ProxyNetwork.Bridge], service.NodePort)).Endpoint);
            Assert.Equal("", (await Network.AskAsync(ProxyNetwork.Node, "127.0.0.1", service.NodePort)).Endpoint);
            Assert.Contains("-A KUBE-MARK-MASQ -j MARK --set-xmark 0x8000/0x8000", await cluster.RulesAsync(), StringComparison.Ordinal);
            Assert.Contains(AtEveryIPv4, usual, StringComparison.Ordinal);
            Assert.DoesNotContain(AtEveryIPv4, await cluster.LogOfThisRunAsync(), StringComparison.Ordinal);
        }
        finally
        {
            await cluster.StopProxyAsync();
            await cluster.StartProxyAsync();
            await Wait.UntilAsync("node ports to answer everywhere again", TimeSpan.FromSeconds(30), async () =>
                (await Network.AskAsync(ProxyNetwork.Pod1, ProxyNetwork.Addresses[ProxyNetwork.Bridge], service.NodePort)).Endpoint.Length > 0
                && (await Network.AskAsync(ProxyNetwork.Pod1, service.ClusterIP, 80)).Source == ProxyNetwork.Addresses[ProxyNetwork.Pod1], () => cluster.Log);
        }
    }
}
