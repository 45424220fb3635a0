using NodeAgent.DevCluster.Containers;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Node;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.KubeletServer;

/// <summary>That the list which this kubelet's metrics are compared with is true of upstream's kubelet.</summary>
[Trait("Category", "Cluster")]
public sealed class UpstreamFamiliesTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("na-up-").FullName;
    private NetworkNamespace? _network;
    private ContainerdHost? _engine;
    private LocalControlPlane? _plane;
    private NodeDaemons? _daemons;

    private string CgroupRoot => $"/na-up-{_network?.Index}-{Environment.ProcessId}";

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await (_daemons?.StopAsync(NodeDaemons.KubeletName) ?? Task.CompletedTask);
        await (_plane?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_engine?.DisposeAsync() ?? ValueTask.CompletedTask);
        if (_network is not null)
        {
            Cgroups.Remove(CgroupRoot);
            await _network.DisposeAsync();
        }

        await HostMounts.UnmountBelowAsync(_folder);
        Directory.Delete(_folder, recursive: true);
    }

    [FactBesideUpstream("kubelet")]
    public async Task Families_OfUpstreamsKubelet_AreThoseOfTheList()
    {
        _network = await NetworkNamespace.CreateAsync("na-up");
        _engine = await ContainerdHost.StartAsync(new ContainerdOptions(Path.Combine(_folder, "c"), "na-up0", "10.244.0.0/24", _network.Name));
        _plane = await LocalControlPlane.StartAsync(new ControlPlaneOptions(Path.Combine(_folder, "plane"), _network.Address, Namespace: _network.Name));
        Cgroups.Ensure(CgroupRoot);
        var options = new NodeOptions(Path.Combine(_folder, "node"), "upstream", _network.Address, _engine.Endpoint, _network.Name)
        {
            Binaries = new DaemonBinaries(_plane.Binaries.Folder),
            CgroupRoot = CgroupRoot,
            KubeletFlags = ["--containerd=" + Path.Combine(_folder, "c", "containerd.sock")],
            KubeletConfig = "shutdownGracePeriod: 10s\nshutdownGracePeriodCriticalPods: 2s\nvolumeStatsAggPeriod: 5s\n",
        };
        _daemons = new NodeDaemons(options, _plane);
        var kubelet = await _daemons.StartKubeletAsync();
        await Wait.UntilAsync("the node to be Ready", TimeSpan.FromSeconds(90), async () =>
            (await _plane.KubectlAsync(["get", "node", options.Name, "-o", "jsonpath={.status.conditions[?(@.type=='Ready')].status}"], throwOnFailure: false)).Output == "True", () => kubelet.LogTail(), TimeSpan.FromMilliseconds(300));
        var pods = new LivedPods(_plane, options);
        await pods.LiveAsync(() => kubelet.LogTail());
        var pages = await pods.ScrapeAsync(() => kubelet.LogTail());

        var known = UpstreamFamily.All.ToHashSet();
        var unknown = pages.SelectMany(p => UpstreamFamily.On(p.Key, new MetricPage(p.Value))).Where(f => !known.Contains(f)).ToList();
        Assert.True(unknown.Count == 0, string.Join('\n', unknown));
        await pods.RemoveAsync();
    }
}
