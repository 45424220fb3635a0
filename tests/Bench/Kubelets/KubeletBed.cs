using NodeAgent.DevCluster.Containers;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Node;

namespace NodeAgent.Bench.Kubelets;

/// <summary>One control plane and one containerd, on which this project's kubelet and upstream's run in turn.</summary>
internal sealed class KubeletBed
{
    // In which the kernel gets rid of network namespaces and cgroups that are no longer used.
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(3);

    private readonly string _folder;
    private readonly NetworkNamespace _network;
    private readonly ContainerdHost _engine;

    private KubeletBed(string folder, NetworkNamespace network, ContainerdHost engine, LocalControlPlane plane)
    {
        _folder = folder;
        _network = network;
        _engine = engine;
        Plane = plane;
    }

    public LocalControlPlane Plane { get; }

    /// <summary>Runs what is measured on a bed of its own, of which nothing is left.</summary>
    public static async Task RunAsync(Func<KubeletBed, Task> measure)
    {
        var folder = Directory.CreateTempSubdirectory("na-bench-").FullName;
        try
        {
            await using var network = await NetworkNamespace.CreateAsync("na-bench");
            await using var engine = await ContainerdHost.StartAsync(new ContainerdOptions(Path.Combine(folder, "c"), $"na-bb{network.Index}", $"10.{220 + (network.Index % 20)}.0.0/16", network.Name));
            await using var plane = await LocalControlPlane.StartAsync(new ControlPlaneOptions(Path.Combine(folder, "plane"), network.Address, Namespace: network.Name));
            await measure(new KubeletBed(folder, network, engine, plane));
        }
        finally
        {
            await HostMounts.UnmountBelowAsync(folder);
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>This project's kubelet, and upstream's where there is one beside the API server's binary.</summary>
    /// <param name="only">The name of the one that is wanted alone; null for all.</param>
    public IReadOnlyList<(string Name, DaemonBinaries Binaries)> Contenders(string? only)
    {
        List<(string Name, DaemonBinaries Binaries)> contenders = [("ours", DaemonBinaries.Own())];
        var upstream = new DaemonBinaries(Plane.Binaries.Folder);
        if (File.Exists(upstream.Kubelet))
        {
            contenders.Add(("upstream", upstream));
        }
        else
        {
            Console.WriteLine($"there is no kubelet in {Plane.Binaries.Folder} (NODEAGENT_KUBE_BIN): only this project's is measured");
        }

        return only is null ? contenders : [.. contenders.Where(c => c.Name == only)];
    }

    /// <summary>Starts a kubelet and returns when its node is Ready. What another left in the engine is removed before, at no one's cost.</summary>
    /// <param name="node">The node's name, unlike that of any other.</param>
    public async Task<BenchKubelet> StartAsync(string node, DaemonBinaries binaries)
    {
        var options = new NodeOptions(Path.Combine(_folder, node), node, _network.Address, _engine.Endpoint, _network.Name)
        {
            Binaries = binaries,
            CgroupRoot = $"/na-bench-{_network.Index}",

            // Its cAdvisor does not look at containerRuntimeEndpoint, and would measure no container.
            KubeletFlags = binaries == DaemonBinaries.Own() ? [] : ["--containerd=" + _engine.Endpoint.Replace("unix://", "", StringComparison.Ordinal)],
        };
        Cgroups.Ensure(options.CgroupRoot);
        await _engine.RemovePodsAsync();
        await Task.Delay(Settle);
        return await BenchKubelet.StartAsync(Plane, options);
    }
}
