using NodeAgent.Bench.Kubelets;

namespace NodeAgent.Bench.Pods;

/// <summary>How fast pods come and go on one node, and what the kubelet weighs: this project's beside upstream's, in turn, on one control plane.</summary>
internal static class PodsBench
{
    private static readonly string[] AllParts = ["start", "full", "cycles"];

    public static async Task<int> RunAsync(string[] args)
    {
        await KubeletBed.RunAsync(async bed =>
        {
            var contenders = bed.Contenders(Arguments.Text(args, "--only"));
            var figures = contenders.ToDictionary(c => c.Name, _ => new PodFigures());
            foreach (var part in Arguments.Text(args, "--parts")?.Split(',') ?? AllParts)
            {
                var rounds = part == "start" ? Arguments.Number(args, "--rounds", 3) : 1;
                for (var round = 1; round <= rounds; round++)
                {
                    foreach (var (name, binaries) in contenders)
                    {
                        Console.WriteLine($"{part}, round {round} of {rounds}: {name}");
                        await using var kubelet = await bed.StartAsync($"{name}-{part}-{round}", binaries);
                        await RunPartAsync(part, kubelet, args, figures[name]);
                    }
                }
            }

            Report.Print(figures);
        });
        return 0;
    }

    private static Task RunPartAsync(string part, BenchKubelet kubelet, string[] args, PodFigures figures) => part switch
    {
        "start" => PodsRound.RunAsync(kubelet, Arguments.Number(args, "--singles", 10), Arguments.Number(args, "--burst", 50), figures),
        "full" => FullNode.RunAsync(kubelet, Arguments.Number(args, "--pods", 110), Arguments.Number(args, "--settle", 30), Arguments.Number(args, "--idle", 60), figures),
        "cycles" => PodCycles.RunAsync(kubelet, Arguments.Number(args, "--cycles", 20), Arguments.Number(args, "--cycle-pods", 50), figures),
        _ => throw new ArgumentException($"--parts: \"{part}\" is none of {string.Join(", ", AllParts)}"),
    };
}
