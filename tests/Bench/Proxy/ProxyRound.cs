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
            var cpu = scenario.ChurnSeconds == 0 ? double.NaN : await ChurnAsync(process.Id, scenario);
            return new ProxyFigures(programmed.TotalSeconds, changes, cpu, ProcessFigures.PeakMegabytes(process.Id), ProcessFigures.PssMegabytes(process.Id), first, middle, end);
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

    private async Task<double> ChurnAsync(int process, ProxyScenario scenario)
    {
        var before = CpuWithChildren(process);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1) / ChangesPerSecond);
        var sent = new List<Task>();
        for (var i = 0; i < scenario.ChurnSeconds * ChangesPerSecond; i++)
        {
            await timer.WaitForNextTickAsync();
            sent.Add(client.UpdateAsync(Resources.EndpointSlices, ProxyFleet.Slice(i % scenario.Services, generation: (GenerationsPerRound * round) + (i / scenario.Services)), default));
        }

        await Task.WhenAll(sent);
        await Task.Delay(TimeSpan.FromSeconds(2));
        return CpuWithChildren(process) - before;
    }

    /// <summary>User and system time of the process and of the children that it has waited for.</summary>
    private static double CpuWithChildren(int id)
    {
        var stat = File.ReadAllText($"/proc/{id}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        const double TicksPerSecond = 100;
        return fields[11..15].Sum(f => long.Parse(f, CultureInfo.InvariantCulture)) / TicksPerSecond;
    }
}
