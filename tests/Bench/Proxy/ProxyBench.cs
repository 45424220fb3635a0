using System.Diagnostics;
using System.Globalization;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Node;
using NodeAgent.DevCluster.Processes;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Discovery.V1;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.Bench.Proxy;

/// <summary>
/// Service rules: first full programming, one changed endpoint to the first connection that reaches it, CPU and memory,
/// this project's kube-proxy and upstream's in turn, in one network namespace of their own.
/// </summary>
internal static class ProxyBench
{
    private const string ProbeName = "probe";
    private static readonly string[] ProbeEndpoints = ["10.244.250.1", "10.244.250.2"];

    public static async Task<int> RunAsync(string[] args)
    {
        var services = Arguments.Number(args, "--services", 1000);
        var changes = Arguments.Number(args, "--changes", 50);
        var folder = Directory.CreateTempSubdirectory("nodeagent-proxybench-").FullName;
        var servers = new List<ManagedProcess>();
        await using var node = await NetworkNamespace.CreateAsync("na-pxb");
        try
        {
            foreach (var address in ProbeEndpoints)
            {
                await Command.RunAsync("ip", ["-n", node.Name, "address", "add", $"{address}/32", "dev", "lo"]);
                servers.Add(await ManagedProcess.StartAsync($"endpoint-{address}", folder, ["socat", $"TCP-LISTEN:8080,bind={address},fork,reuseaddr", $"SYSTEM:echo {address}"], node.Prefix));
            }

            await using var plane = await LocalControlPlane.StartAsync(new ControlPlaneOptions(folder, node.Address, Namespace: node.Name, ControllerManager: false) { ApiServerFlags = ["--endpoint-reconciler-type=none"] });
            using var client = ApiClients.Admin(plane);
            // A connection that finds no rule yet is refused instead of lost: its retries would be measured otherwise.
            await node.RunAsync("iptables", ["-I", "OUTPUT", "-d", "10.96.0.0/16", "-p", "tcp", "-j", "REJECT", "--reject-with", "tcp-reset"]);
            await FillAsync(client, node, services);
            var rounds = new List<ProxyFigures>();
            foreach (var (name, binary) in Contenders(plane))
            {
                Console.WriteLine($"{name}: {services} Services x 2 endpoints");
                rounds.Add(await new ProxyRound(name, binary, node, plane, client, folder).RunAsync(changes));
                Console.WriteLine(rounds[^1]);
            }

            if (rounds is [var own, var upstream])
            {
                Console.WriteLine(own.RatiosTo(upstream));
            }
        }
        finally
        {
            foreach (var server in servers)
            {
                await server.StopAsync(TimeSpan.FromSeconds(1));
            }

            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    /// <summary>The Service whose one endpoint the rounds move to and fro.</summary>
    internal static EndpointSlice ProbeSlice(string address) => Slice(ProbeName, [address]);

    private static IEnumerable<(string Name, string Binary)> Contenders(LocalControlPlane plane)
    {
        yield return ("nodeagent", DaemonBinaries.Own().Proxy);
        var upstream = Path.Combine(plane.Binaries.Folder, "kube-proxy");
        if (File.Exists(upstream))
        {
            yield return ("upstream", upstream);
        }
    }

    private static async Task FillAsync(KubeClient client, NetworkNamespace node, int services)
    {
        var nodeObject = new Node { Metadata = new ObjectMeta { Name = "node-1" }, Status = new NodeStatus() };
        nodeObject.Status.Addresses.Add(new NodeAddress { Type = "InternalIP", Address = node.Address });
        await client.CreateAsync(Resources.Nodes, nodeObject, default);
        await CreateAsync(client, ProbeName, [ProbeEndpoints[0]]);
        var watch = Stopwatch.StartNew();
        await Parallel.ForEachAsync(Enumerable.Range(0, services), new ParallelOptions { MaxDegreeOfParallelism = 12 }, async (i, _) =>
            await CreateAsync(client, $"s-{i}", [$"10.244.{i / 125 % 125}.{(i % 125 * 2) + 1}", $"10.244.{i / 125 % 125}.{(i % 125 * 2) + 2}"]));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"made {services} Services in {watch.Elapsed.TotalSeconds:F1} s"));
    }

    private static async Task CreateAsync(KubeClient client, string name, string[] endpoints)
    {
        var service = new Service { Metadata = new ObjectMeta { Name = name, Namespace = "default" }, Spec = new ServiceSpec() };
        service.Spec.Ports.Add(new ServicePort { Name = "http", Port = 80, Protocol = "TCP" });
        await client.CreateAsync(Resources.Services, service, default);
        await client.CreateAsync(Resources.EndpointSlices, Slice(name, endpoints), default);
    }

    private static EndpointSlice Slice(string service, string[] endpoints)
    {
        var slice = new EndpointSlice { Metadata = new ObjectMeta { Name = service, Namespace = "default" }, AddressType = "IPv4" };
        slice.Metadata.Labels["kubernetes.io/service-name"] = service;
        slice.Ports.Add(new EndpointPort { Name = "http", Port = 8080, Protocol = "TCP" });
        foreach (var address in endpoints)
        {
            slice.Endpoints.Add(new Endpoint { Addresses = { address }, Conditions = new EndpointConditions { Ready = true } });
        }

        return slice;
    }
}
