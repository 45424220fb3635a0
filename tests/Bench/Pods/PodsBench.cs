using NodeAgent.DevCluster.Containers;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Node;

namespace NodeAgent.Bench.Pods;

/// <summary>How fast pods come and go on one node, and what the kubelet weighs: this project's beside upstream's, in turn, on one control plane.</summary>
internal static class PodsBench
{
    private static readonly string[] AllParts = ["start", "full", "cycles"];

    public static async Task<int> RunAsync(string[] args)
    {
        var folder = Directory.CreateTempSubdirectory("na-bench-").FullName;
        try
        {
            await RunInAsync(folder, args);
        }
        finally
        {
            await HostMounts.UnmountBelowAsync(folder);
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    private static async Task RunInAsync(string folder, string[] args)
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
        var parts = Arguments.Text(args, "--parts")?.Split(',') ?? AllParts;
        foreach (var part in parts)
        {
            var rounds = part == "start" ? Arguments.Number(args, "--rounds", 3) : 1;
            for (var round = 1; round <= rounds; round++)
            {
                foreach (var (name, binaries) in contenders)
                {
                    Console.WriteLine($"{part}, round {round} of {rounds}: {name}");
                    var options = new NodeOptions(Path.Combine(folder, $"{name}-{part}-{round}"), $"{name}-{part}-{round}", network.Address, engine.Endpoint, network.Name)
                    {
                        Binaries = binaries,
                        CgroupRoot = $"/na-bench-{network.Index}",
                    };
                    Cgroups.Ensure(options.CgroupRoot);
                    await using var kubelet = await BenchKubelet.StartAsync(plane, options);
                    await RunPartAsync(part, kubelet, args, figures[name]);
                }
            }
        }

        Report.Print(figures);
    }

    private static Task RunPartAsync(string part, BenchKubelet kubelet, string[] args, PodFigures figures) => part switch
    {
        "start" => PodsRound.RunAsync(kubelet, Arguments.Number(args, "--singles", 10), Arguments.Number(args, "--burst", 50), figures),
        "full" => FullNode.RunAsync(kubelet, Arguments.Number(args, "--pods", 110), Arguments.Number(args, "--settle", 30), Arguments.Number(args, "--idle", 60), figures),
        "cycles" => PodCycles.RunAsync(kubelet, Arguments.Number(args, "--cycles", 20), Arguments.Number(args, "--cycle-pods", 50), figures),
        _ => throw new ArgumentException($"--parts: \"{part}\" is none of {string.Join(", ", AllParts)}"),
    };

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
