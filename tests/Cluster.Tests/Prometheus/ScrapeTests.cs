using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NodeAgent.Cluster.Tests.Installed;
using NodeAgent.DevCluster.Images;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.Prometheus;

/// <summary>A real Prometheus on the installed cluster.</summary>
[Collection(InstalledCollection.Name)]
[Trait("Category", "Cluster")]
public sealed partial class ScrapeTests(InstalledCluster cluster)
{
    private static readonly (string Daemon, string Address, string[] Paths)[] Pages =
    [
        ("kubelet", "https://localhost:10250", ["/metrics", "/metrics/cadvisor", "/metrics/probes", "/metrics/resource", "/metrics/slis"]),
        ("kube-scheduler", "https://localhost:10259", ["/metrics", "/metrics/resources", "/metrics/slis"]),
        ("kube-proxy", "http://localhost:10249", ["/metrics"]),
    ];

    [Fact]
    public async Task Targets_AreUp_AlertsAreSilent_AndEachFiresOnItsFault()
    {
        // Metrics of containers are there as soon as there is one.
        await cluster.ApplyAsync(WorkloadTests.Web("counted", replicas: 1, more: ""));
        await cluster.WaitForRolloutAsync("deployment", "counted");
        await using var prometheus = new PrometheusServer(cluster);
        await prometheus.StartAsync();
        IReadOnlyDictionary<string, string> targets = new Dictionary<string, string>();
        await Wait.UntilAsync("all seven targets to be up", TimeSpan.FromSeconds(60), async () =>
            (targets = await prometheus.TargetsAsync()).Count == 7 && targets.Values.All(h => h == "up "), () => string.Join('\n', targets.Select(t => $"{t.Key}: {t.Value}")));

        await Task.Delay(TimeSpan.FromSeconds(5));
        Assert.Equal("", string.Join(", ", await prometheus.FiringAsync()));
        await EveryPanelAsksForWhatThereIsAsync(prometheus);

        try
        {
            await BreakAsync(prometheus);
        }
        finally
        {
            await cluster.KubectlAsync("delete", "pod/giant", "service/breaks-nothing", "service/breaks-nothing-later", "deployment/counted", "service/counted", "--ignore-not-found", "--wait=false");
            await cluster.First.ShellAsync("systemctl start kube-scheduler");
            await cluster.Second.ShellAsync("umount \"$(readlink -f /usr/sbin/iptables-restore)\" || true; systemctl start kubelet");
            await cluster.Third.ShellAsync($"iptables -w 5 -D OUTPUT {ToTheApiServer} || true; systemctl start docker kube-proxy");
        }

        await cluster.WaitForNodeAsync(cluster.Second, "True");
        await cluster.WaitForNodeAsync(cluster.Third, "True");
    }

    private string ToTheApiServer => $"-d {cluster.Network.Address} -p tcp --dport {cluster.Plane.Server.Port} -j REJECT";

    // Several faults at once, because each takes its time to be noticed.
    private async Task BreakAsync(PrometheusServer prometheus)
    {
        await cluster.ApplyAsync($$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: giant}
            spec:
              containers: [{name: main, image: "{{TestImages.BusyboxName}}", command: [sleep, "1"], resources: {requests: {cpu: 1000} } }]
            """);
        await FireAsync(prometheus, ["PodsUnschedulable"]);
        await cluster.First.ShellAsync("systemctl stop kube-scheduler");

        // The program that waits for further rules has to go too.
        await cluster.Second.ShellAsync("systemctl stop kubelet; mount --bind /bin/false \"$(readlink -f /usr/sbin/iptables-restore)\"; pkill '^ip6?tables.*-r' || true");
        await cluster.Third.ShellAsync($"systemctl stop docker.socket docker; iptables -w 5 -I OUTPUT {ToTheApiServer}; for i in 1 2 3; do systemctl restart kube-proxy; sleep 3; done");

        // The second comes when the last rules that were written are old.
        foreach (var name in new[] { "breaks-nothing", "breaks-nothing-later" })
        {
            await cluster.KubectlAsync("create", "service", "clusterip", name, "--tcp=80:80");
            await Task.Delay(TimeSpan.FromSeconds(5));
        }

        await FireAsync(prometheus, ["KubeSchedulerDown", "KubeletDown", "KubeProxyRulesFail", "KubeProxyRulesStale", "KubeletRuntimeNotSeen", "ApiServerErrors", "DaemonRestarts"]);
        await cluster.Third.ShellAsync("systemctl stop kube-proxy");
        await FireAsync(prometheus, ["KubeProxyDown"]);
    }

    [Fact]
    public async Task MetricsMd_NamesEveryMetric()
    {
        var token = "/tmp/token";
        await cluster.First.WriteAsync(token, await cluster.KubectlAsync("get", "secret", "nodeagent-prometheus-token", "-n", "kube-system", "-o", "go-template={{.data.token | base64decode}}"), "600");
        var page = await File.ReadAllTextAsync(Path.Combine(Package.RepositoryRoot, "docs/metrics.md"));
        var missing = new List<string>();
        foreach (var (daemon, address, paths) in Pages)
        {
            var pages = new JsonObject();
            foreach (var path in paths)
            {
                var families = JsonNode.Parse(await cluster.First.OutputAsync($"curl -sSfk -H \"Authorization: Bearer $(cat {token})\" '{address}{path}?families'"))!.AsArray();
                Assert.NotEmpty(families);
                var of = page.IndexOf($"### {path} of {daemon}\n", StringComparison.Ordinal);
                var section = of < 0 ? "" : page[of..(page.IndexOf("\n##", of, StringComparison.Ordinal) is > 0 and var end ? end : page.Length)];
                missing.AddRange(families.Select(f => f!["name"]!.GetValue<string>()).Where(name => !section.Contains($"`{name}`", StringComparison.Ordinal)).Select(name => $"{daemon} {path}: {name}"));
                pages[path] = families;
            }

            if (Environment.GetEnvironmentVariable("NODEAGENT_WRITE_FAMILIES") is { Length: > 0 } folder)
            {
                await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(folder).FullName, daemon + ".json"), pages.ToJsonString());
            }
        }

        Assert.Equal("", string.Join(", ", missing));
    }

    private static Task FireAsync(PrometheusServer prometheus, string[] alerts)
    {
        IReadOnlySet<string> firing = new HashSet<string>();
        var seen = new HashSet<string>();
        return Wait.UntilAsync(
            string.Join(", ", alerts) + " to fire",
            TimeSpan.FromSeconds(90),
            async () =>
            {
                seen.UnionWith(firing = await prometheus.FiringAsync());
                return seen.IsSupersetOf(alerts);
            },
            () => $"not fired: {string.Join(", ", alerts.Except(seen))}",
            TimeSpan.FromMilliseconds(500));
    }

    // A rate may have no value yet; a metric that nobody exposes leaves its panel empty for ever.
    private static async Task EveryPanelAsksForWhatThereIsAsync(PrometheusServer prometheus)
    {
        var known = await prometheus.NamesAsync();
        foreach (var file in Directory.GetFiles(Path.Combine(RuleTests.Folder, "dashboards")))
        {
            using var dashboard = JsonDocument.Parse(await File.ReadAllTextAsync(file));
            foreach (var expression in dashboard.RootElement.GetProperty("panels").EnumerateArray()
                .SelectMany(p => p.GetProperty("targets").EnumerateArray())
                .Select(t => t.GetProperty("expr").GetString()!))
            {
                await prometheus.QueryAsync(expression);
                var asked = MetricName().Matches(expression).Select(m => HistogramPart().Replace(m.Value, "")).ToList();
                Assert.NotEmpty(asked);
                Assert.Empty(asked.Where(n => !known.Contains(n)).Select(n => $"{Path.GetFileName(file)}: {n}"));
            }
        }
    }

    // What stands before its labels, or alone as the names of recording rules do.
    [GeneratedRegex(@"[a-z_:][a-z0-9_:]*(?=\{)|^[a-z0-9_:]+$")]
    private static partial Regex MetricName();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex HistogramPart();
}
