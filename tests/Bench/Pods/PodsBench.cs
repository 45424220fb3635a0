using NodeAgent.DevCluster.Containers;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Node;

namespace NodeAgent.Bench.Pods;

/// <summary>How fast pods come and go on one node, and what the kubelet weighs: this project's beside upstream's, in turn, on one control plane.</summary>
internal static class PodsBench
{
    public static async Task<int> RunAsync(string[] args)
    {
        var rounds = Arguments.Number(args, "--rounds", 3);
        var singles = Arguments.Number(args, "--singles", 10);
        var burst = Arguments.Number(args, "--burst", 50);
        var folder = Directory.CreateTempSubdirectory("na-bench-").FullName;
        try
        {
            await RunInAsync(folder, args, rounds, singles, burst);
        }
        finally
        {
            await HostMounts.UnmountBelowAsync(folder);
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    private static async Task RunInAsync(string folder, string[] args, int rounds, int singles, int burst)
    {
        await using var network = await NetworkNamespace.CreateAsync("na-bench");
        await using var engine = await ContainerdHost.StartAsync(new ContainerdOptions(Path.Combine(folder, "c"), $"na-bb{network.Index}", $"10.{220 + (network.Index % 20)}.0.0/16", network.Name));
        await using var plane = await LocalControlPlane.StartAsync(new ControlPlaneOptions(Path.Combine(folder, "plane"), network.Address, Namespace: network.Name));
        var contenders = Contenders(plane.Binaries.Folder);
        if (Arguments.Text(args, "--only") is { } only)
        {
            contenders.RemoveAll(c => c.Name != only);
        }

        var figures = contenders.ToDictionary(c => c.Name, _ => new PodFigures());
        for (var round = 1; round <= rounds; round++)
        {
            foreach (var (name, binaries) in contenders)
            {
                Console.WriteLine($"round {round} of {rounds}: {name}");
                var options = new NodeOptions(Path.Combine(folder, $"{name}-{round}"), $"{name}-{round}", network.Address, engine.Endpoint, network.Name)
                {
                    Binaries = binaries,
                    CgroupRoot = $"/na-bench-{network.Index}",
                };
                Cgroups.Ensure(options.CgroupRoot);
                await PodsRound.RunAsync(plane, options, singles, burst, figures[name]);
            }
        }

        Report.Print(figures);
    }

    private static List<(string Name, DaemonBinaries Binaries)> Contenders(string kubeBin)
    {
        List<(string, DaemonBinaries)> contenders = [("ours", DaemonBinaries.Own())];
        var upstream = new DaemonBinaries(kubeBin);
        if (File.Exists(upstream.Kubelet))
        {
            contenders.Add(("upstream", upstream));
        }
        else
        {
            Console.WriteLine($"there is no kubelet in {kubeBin} (NODEAGENT_KUBE_BIN): only this project's is measured");
        }

        return contenders;
    }
}
