using System.Diagnostics;
using System.Globalization;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Processes;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;

namespace NodeAgent.Bench.Proxy;

/// <summary>One contender in one scenario, from an empty kernel to an empty kernel.</summary>
internal sealed class ProxyRound(string name, string binary, NetworkNamespace node, LocalControlPlane plane, KubeClient client, string folder, int round, IReadOnlyList<string> flags)
{
    /// <summary>Rounds never write what another has written: that would be no change.</summary>
    private const int GenerationsPerRound = 4;

    private const int ChangesPerSecond = 100;
    private const int Connects = 400;

    /// <summary>More than the least time between two syncs, so that each change is one of its own.</summary>
    private static readonly TimeSpan BetweenChanges = TimeSpan.FromSeconds(1.2);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly ServiceProbe _probe = new(node.Name);

    public async Task<ProxyFigures> RunAsync(ProxyScenario scenario)
    {
        var address = (await client.GetAsync(Resources.Services, "default", ProxyFleet.ProbeName, default)).Spec.ClusterIP;
        var last = (await client.GetAsync(Resources.Services, "default", ProxyFleet.LastName, default)).Spec.ClusterIP;
        var config = await WriteConfigAsync();
        await client.UpdateAsync(Resources.EndpointSlices, ProxyFleet.ProbeSlice(0), default);
        var started = Stopwatch.GetTimestamp();
        var process = await ManagedProcess.StartAsync($"kube-proxy-{name}", folder, [binary, $"--config={config}", .. flags], node.Prefix);
        try
        {
            // Chains are written table by table, so the whole is there when Services from both ends answer.
            await _probe.UntilAsync(last, ProxyFleet.ProbeEndpoints[0], Patience);
            var programmed = Stopwatch.GetElapsedTime(started, await _probe.UntilAsync(address, ProxyFleet.ProbeEndpoints[0], Patience));
            await Task.Delay(TimeSpan.FromSeconds(3));
            var changes = await ChangeAsync(address, scenario.Changes);
            var (first, middle, end) = await ConnectAsync();
            var (cpu, programs) = scenario.ChurnSeconds == 0 ? (double.NaN, double.NaN) : await ChurnAsync(process.Id, scenario);
            return new ProxyFigures(programmed.TotalSeconds, changes, cpu, programs, ProcessFigures.PeakMegabytes(process.Id), ProcessFigures.PssMegabytes(process.Id), first, middle, end);
        }
        finally
        {
            await process.StopAsync();
            await node.RunAsync(binary, ["--cleanup"], throwOnFailure: false);
        }
    }

    private async Task<string> WriteConfigAsync()
    {
        var config = Path.Combine(folder, "proxy.yaml");
        await File.WriteAllTextAsync(config, $"""
            apiVersion: kubeproxy.config.k8s.io/v1alpha1
            kind: KubeProxyConfiguration
            mode: iptables
            hostnameOverride: node-1
            clusterCIDR: 10.244.0.0/16
            clientConnection: {"{"}kubeconfig: {plane.AdminKubeconfig}{"}"}
            conntrack: {"{"}maxPerCore: 0{"}"}
            """);
        return config;
    }

    private async Task<List<double>> ChangeAsync(string address, int changes)
    {
        var latencies = new List<double>();
        for (var i = 1; i <= changes; i++)
        {
            var probe = _probe.UntilAsync(address, ProxyFleet.ProbeEndpoints[i % 2], TimeSpan.FromSeconds(30));
            await client.UpdateAsync(Resources.EndpointSlices, ProxyFleet.ProbeSlice(i % 2), default);
            var answered = Stopwatch.GetTimestamp();
            var reached = await probe;
            latencies.Add(reached > answered ? Stopwatch.GetElapsedTime(answered, reached).TotalSeconds : 0);
            await Task.Delay(BetweenChanges);
        }

        latencies.Sort();
        return latencies;
    }

    /// <summary>New connections to the Services that come first, in the middle and last among the rules.</summary>
    private async Task<(double First, double Middle, double Last)> ConnectAsync()
    {
        var saved = await node.RunAsync("iptables-save", ["-t", "nat"]);
        var addresses = saved.Output.Split('\n')
            .Where(l => l.Contains(" cluster IP\"", StringComparison.Ordinal) && l.Contains("-j KUBE-SVC-", StringComparison.Ordinal))
            .Select(l => l.Split(" -d ")[1].Split('/')[0])
            .ToList();
        _probe.MedianConnect(addresses[0], Connects);
        return (_probe.MedianConnect(addresses[0], Connects), _probe.MedianConnect(addresses[addresses.Count / 2], Connects), _probe.MedianConnect(addresses[^1], Connects));
    }

    /// <returns>CPU seconds in all, and those of the programs that the proxy ran.</returns>
    private async Task<(double Cpu, double Programs)> ChurnAsync(int process, ProxyScenario scenario)
    {
        var (ownBefore, programsBefore) = CpuWithChildren(process);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1) / ChangesPerSecond);
        var sent = new List<Task>();
        for (var i = 0; i < scenario.ChurnSeconds * ChangesPerSecond; i++)
        {
            await timer.WaitForNextTickAsync();
            sent.Add(client.UpdateAsync(Resources.EndpointSlices, ProxyFleet.Slice(i % scenario.Services, generation: (GenerationsPerRound * round) + (i / scenario.Services)), default));
        }

        await Task.WhenAll(sent);
        await Task.Delay(TimeSpan.FromSeconds(2));
        var (own, programs) = CpuWithChildren(process);
        return (own + programs - ownBefore - programsBefore, programs - programsBefore);
    }

    /// <summary>User and system time of the process, and of its children: those that it has waited for, and those that still run.</summary>
    private static (double Own, double Children) CpuWithChildren(int id)
    {
        var times = Times(id);
        var children = times[2] + times[3];
        foreach (var thread in Directory.EnumerateDirectories($"/proc/{id}/task"))
        {
            foreach (var child in File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                children += Times(int.Parse(child, CultureInfo.InvariantCulture)).Take(2).Sum();
            }
        }

        const double TicksPerSecond = 100;
        return ((times[0] + times[1]) / TicksPerSecond, children / TicksPerSecond);
    }

    private static long[] Times(int id)
    {
        var stat = File.ReadAllText($"/proc/{id}/stat");
        return [.. stat[(stat.LastIndexOf(')') + 2)..].Split(' ').Skip(11).Take(4).Select(f => long.Parse(f, CultureInfo.InvariantCulture))];
    }
}
