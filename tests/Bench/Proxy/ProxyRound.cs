using System.Diagnostics;
using System.Globalization;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Processes;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;

namespace NodeAgent.Bench.Proxy;

/// <summary>One contender's run, from an empty kernel to an empty kernel.</summary>
internal sealed class ProxyRound(string name, string binary, NetworkNamespace node, LocalControlPlane plane, KubeClient client, string folder)
{
    /// <summary>Connects again and again until the wanted endpoint answers, and says when that was.</summary>
    private const string Probe = """
        while :; do
          got=
          if exec 3<>/dev/tcp/$0/80; then read -r -t 1 got <&3; exec 3>&-; fi
          [ "$got" = "$1" ] && break
        done 2>/dev/null
        echo $EPOCHREALTIME
        """;

    public async Task<ProxyFigures> RunAsync(int changes)
    {
        var address = (await client.GetAsync(Resources.Services, "default", "probe", default)).Spec.ClusterIP;
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
        await client.UpdateAsync(Resources.EndpointSlices, ProxyBench.ProbeSlice("10.244.250.1"), default);
        var started = Stopwatch.StartNew();
        var process = await ManagedProcess.StartAsync($"kube-proxy-{name}", folder, [binary, $"--config={config}"], node.Prefix);
        await ProbeAsync(address, "10.244.250.1", TimeSpan.FromMinutes(3));
        var firstSync = started.Elapsed.TotalSeconds;
        await Task.Delay(TimeSpan.FromSeconds(3));

        var latencies = new List<double>();
        var cpu = CpuWithChildren(process.Id);
        for (var i = 0; i < changes; i++)
        {
            var target = i % 2 == 0 ? "10.244.250.2" : "10.244.250.1";
            var probe = ProbeAsync(address, target, TimeSpan.FromSeconds(30));
            await client.UpdateAsync(Resources.EndpointSlices, ProxyBench.ProbeSlice(target), default);
            var answered = DateTimeOffset.UtcNow;
            latencies.Add(Math.Max(0, (await probe - answered).TotalSeconds));
            await Task.Delay(TimeSpan.FromSeconds(1.2));
        }

        latencies.Sort();
        var figures = new ProxyFigures(name, firstSync, latencies[changes / 2], latencies[changes * 9 / 10], (CpuWithChildren(process.Id) - cpu) / changes, ProcessFigures.PssMegabytes(process.Id));
        await process.StopAsync();
        await node.RunAsync(binary, ["--cleanup"], throwOnFailure: false);
        return figures;
    }

    private async Task<DateTimeOffset> ProbeAsync(string address, string endpoint, TimeSpan patience)
    {
        var result = await node.RunAsync("bash", ["-c", Probe, address, endpoint], timeout: patience);
        var seconds = double.Parse(result.Output.Trim().Replace(',', '.'), CultureInfo.InvariantCulture);
        return DateTimeOffset.UnixEpoch.AddSeconds(seconds);
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
