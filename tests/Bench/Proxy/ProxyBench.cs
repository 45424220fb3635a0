using System.Diagnostics;
using System.Globalization;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Node;

namespace NodeAgent.Bench.Proxy;

/// <summary>
/// Service rules: first full programming, one changed endpoint to the first connection that reaches it, many changes, CPU,
/// memory, and the way of a first packet; this project's kube-proxy and upstream's in turn, in one network namespace of their own.
/// </summary>
/// <remarks>
/// Options: <c>--services=1000,5000,10000</c>, <c>--changes=40</c> at 5,000 Services (a quarter elsewhere),
/// <c>--churn=30</c> seconds, <c>--wide=5000</c> endpoints of one Service (0 for none), <c>--only=nodeagent</c>,
/// <c>--flags=-v4</c> for both.
/// </remarks>
internal static class ProxyBench
{
    private const int Reference = 5000;
    private const int Few = 10;

    public static async Task<int> RunAsync(string[] args)
    {
        var folder = Directory.CreateTempSubdirectory("nodeagent-proxybench-").FullName;
        await using var node = await NetworkNamespace.CreateAsync("na-pxb");
        try
        {
            // Every endpoint is an address of this namespace, and one server answers for all of them.
            await node.RunAsync("ip", ["route", "add", "local", "10.244.0.0/16", "dev", "lo"]);
            await using var server = EndpointServer.Start(node.Name);
            await using var plane = await LocalControlPlane.StartAsync(new ControlPlaneOptions(folder, node.Address, Namespace: node.Name, ControllerManager: false) { ApiServerFlags = ["--endpoint-reconciler-type=none"] });
            using var client = ApiClients.Admin(plane);
            // A connection that finds no rule yet is refused instead of lost: its retries would be measured otherwise.
            await node.RunAsync("iptables", ["-I", "OUTPUT", "-d", "10.96.0.0/16", "-p", "tcp", "-j", "REJECT", "--reject-with", "tcp-reset"]);
            var fleet = new ProxyFleet(client);
            await fleet.StartAsync(node.Address);
            var contenders = Contenders(plane, Arguments.Text(args, "--only")).ToList();
            string[] flags = Arguments.Text(args, "--flags")?.Split(',') ?? [];
            var round = 0;
            var results = new List<(string, ProxyFigures, ProxyFigures?)>();
            await fleet.GrowAsync(Few);
            foreach (var (name, binary) in contenders)
            {
                // Who comes first would pay for what neither the API server nor the page cache has seen yet.
                await new ProxyRound(name, binary, node, plane, client, folder, ++round, flags).RunAsync(new ProxyScenario(Few, 0, 0));
            }

            foreach (var scenario in Scenarios(args))
            {
                await fleet.GrowAsync(scenario.Services);
                if (scenario.WideEndpoints > 0)
                {
                    await fleet.AddWideAsync(scenario.WideEndpoints);
                }

                var figures = new List<ProxyFigures>();
                foreach (var (name, binary) in contenders)
                {
                    var started = Stopwatch.StartNew();
                    figures.Add(await new ProxyRound(name, binary, node, plane, client, folder, ++round, flags).RunAsync(scenario));
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{scenario.Name}, {name}: measured in {started.Elapsed.TotalSeconds:F0} s"));
                }

                results.Add((scenario.Name, figures[0], figures.Count > 1 ? figures[1] : null));
                if (scenario.WideEndpoints > 0)
                {
                    await fleet.RemoveWideAsync(scenario.WideEndpoints);
                }
            }

            Console.WriteLine(ProxyTable.Of(results));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    private static IEnumerable<ProxyScenario> Scenarios(string[] args)
    {
        var changes = Arguments.Number(args, "--changes", 40);
        var churn = Arguments.Number(args, "--churn", 30);
        var fewer = Math.Max(1, changes / 4);
        yield return new ProxyScenario(Few, 0, 0);
        if (Arguments.Number(args, "--wide", 5000) is > 0 and var wide)
        {
            yield return new ProxyScenario(Few, fewer, 0, wide);
        }

        foreach (var services in (Arguments.Text(args, "--services") ?? "1000,5000,10000").Split(',').Select(s => int.Parse(s, CultureInfo.InvariantCulture)).Order())
        {
            yield return services == Reference ? new ProxyScenario(services, changes, churn) : new ProxyScenario(services, fewer, 0);
        }
    }

    private static IEnumerable<(string Name, string Binary)> Contenders(LocalControlPlane plane, string? only)
    {
        if (only is null or "nodeagent")
        {
            yield return ("nodeagent", DaemonBinaries.Own().Proxy);
        }

        var upstream = Path.Combine(plane.Binaries.Folder, "kube-proxy");
        if (only is null or "upstream" && File.Exists(upstream))
        {
            yield return ("upstream", upstream);
        }
    }
}
