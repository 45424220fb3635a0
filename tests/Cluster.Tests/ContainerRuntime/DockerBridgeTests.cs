using System.Globalization;
using NodeAgent.ContainerRuntime.V1;
using NodeAgent.DevCluster.Containers;

namespace NodeAgent.Cluster.Tests.ContainerRuntime;

/// <summary>Where the host has no CNI config, pods are on a network of Docker's.</summary>
[Trait("Category", "Cluster")]
public sealed class DockerBridgeTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nodeagent-docker-").FullName;
    private FixtureSlot? _slot;
    private DockerHost? _host;

    public async Task InitializeAsync()
    {
        _slot = FixtureSlot.Take();
        var number = _slot.Number.ToString(CultureInfo.InvariantCulture);
        _host = await DockerHost.StartAsync(new DockerHostOptions(_folder, "na-dock" + number, $"10.215.{number}.0/24") { Cni = false });
        await _host.Client.Runtime.UpdateRuntimeConfigAsync(
            new RuntimeConfig { NetworkConfig = new NetworkConfig { PodCidr = $"10.215.{number}.0/24" } }, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
        _slot?.Dispose();
    }

    [Fact]
    public async Task Run_NoCniConfig_PodsReachEachOtherAndHaveTheirOwnDns()
    {
        var runtime = _host!.Client.Runtime;
        var ids = await Task.WhenAll(Enumerable.Range(0, 2).Select(i => runtime.RunPodSandboxAsync(Config($"bridge-{i}"), "", CancellationToken.None)));
        var first = await runtime.PodSandboxStatusAsync(ids[0], CancellationToken.None);
        var second = await runtime.PodSandboxStatusAsync(ids[1], CancellationToken.None);
        var container = Pods.Container("main", "sleep", "600");
        container.LogPath = "";
        var id = await runtime.CreateContainerAsync(ids[0], container, Config("bridge-0"), CancellationToken.None);
        await runtime.StartContainerAsync(id, CancellationToken.None);

        var ping = await runtime.ExecSyncAsync(id, ["ping", "-c", "1", "-W", "5", second.Network.Ip], TimeSpan.FromSeconds(20), CancellationToken.None);
        var resolv = await runtime.ExecSyncAsync(id, ["cat", "/etc/resolv.conf"], TimeSpan.FromSeconds(20), CancellationToken.None);

        Assert.StartsWith("10.215.", first.Network.Ip, StringComparison.Ordinal);
        Assert.NotEqual(first.Network.Ip, second.Network.Ip);
        Assert.True(ping.ExitCode == 0, ping.Stdout.ToStringUtf8() + ping.Stderr.ToStringUtf8());
        Assert.Equal("nameserver 10.96.0.10\nsearch svc.cluster.local\noptions ndots:5\n", resolv.Stdout.ToStringUtf8());
    }

    private static PodSandboxConfig Config(string name) => new()
    {
        Metadata = new PodSandboxMetadata { Name = name, Namespace = "contract", Uid = name },
        Hostname = name,
        DnsConfig = new DNSConfig { Servers = { "10.96.0.10" }, Searches = { "svc.cluster.local" }, Options = { "ndots:5" } },
    };
}
