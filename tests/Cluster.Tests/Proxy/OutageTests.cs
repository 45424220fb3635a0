using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.Proxy;

/// <summary>A real API server that goes away and comes back with an older state. In a cluster of its own, whose state it spoils.</summary>
[Trait("Category", "Cluster")]
public sealed class OutageTests : IAsyncLifetime
{
    private readonly NftProxyCluster _cluster = new();

    private string Data => Path.Combine(_cluster.Folder, "etcd");

    private string Backup => Path.Combine(_cluster.Folder, "etcd-backup");

    public Task InitializeAsync() => _cluster.InitializeAsync();

    public Task DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task ApiServer_AwayAndBackWithAnOlderState_RulesStayAndThenFollow()
    {
        var kept = await _cluster.ServiceAsync("kept", "", "TCP", ProxyNetwork.Pod2);
        await ReachesAsync(kept);
        await StopServerAsync();
        await Command.RunAsync("cp", ["-a", Data, Backup]);
        await StartServerAsync();
        var lost = await _cluster.ServiceAsync("lost", "", "TCP", ProxyNetwork.Far);
        await ReachesAsync(lost);

        await StopServerAsync();
        Directory.Delete(Data, recursive: true);
        Directory.Move(Backup, Data);
        Assert.Equal(ProxyNetwork.Pod2, (await AskAsync(kept)).Endpoint);
        Assert.Equal(ProxyNetwork.Far, (await AskAsync(lost)).Endpoint);
        await StartServerAsync();

        await Wait.UntilAsync("the rules of the Service that the server no longer knows to go", TimeSpan.FromSeconds(90), async () =>
            !(await _cluster.RulesAsync()).Contains("default/lost", StringComparison.Ordinal), () => _cluster.Log);
        Assert.Equal(ProxyNetwork.Pod2, (await AskAsync(kept)).Endpoint);
        Assert.Contains("are as they should be", (await _cluster.CommandAsync("plan")).Output, StringComparison.Ordinal);
    }

    private Task<Answer> AskAsync(ServiceAddress service) => _cluster.Network.AskAsync(ProxyNetwork.Outside, service.ClusterIP, 80);

    private Task ReachesAsync(ServiceAddress service) =>
        Wait.UntilAsync("the Service to answer", TimeSpan.FromSeconds(90), async () => (await AskAsync(service)).Endpoint.Length > 0, () => _cluster.Log);

    private async Task StopServerAsync()
    {
        await _cluster.Plane.StopAsync(LocalControlPlane.ApiServerName);
        await _cluster.Plane.StopAsync(LocalControlPlane.EtcdName);
    }

    private async Task StartServerAsync()
    {
        await _cluster.Plane.StartEtcdAsync();
        await _cluster.Plane.StartApiServerAsync();
    }
}
