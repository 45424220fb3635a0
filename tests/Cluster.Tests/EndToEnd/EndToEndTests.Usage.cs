using System.Net;
using System.Net.Http.Headers;
using System.Text;
using NodeAgent.Cluster.Tests.KubeletServer;
using NodeAgent.DevCluster.Node;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.EndToEnd;

/// <summary>What metrics-server asks of a kubelet for kubectl top, and what it makes of the answer.</summary>
public abstract partial class EndToEndTests
{
    /// <summary>The objects of metrics-server's manifest that have to do with kubelets, and a token as its pod would have one.</summary>
    private const string MetricsServer = """
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: metrics-server, namespace: kube-system}
        ---
        apiVersion: v1
        kind: Secret
        type: kubernetes.io/service-account-token
        metadata: {name: metrics-server-token, namespace: kube-system, annotations: {kubernetes.io/service-account.name: metrics-server}}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata: {name: system:metrics-server}
        rules:
        - apiGroups: [""]
          resources: [nodes/metrics]
          verbs: [get]
        - apiGroups: [""]
          resources: [pods, nodes]
          verbs: [get, list, watch]
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {name: system:metrics-server}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: system:metrics-server}
        subjects: [{kind: ServiceAccount, name: metrics-server, namespace: kube-system}]
        """;

    [Fact]
    public async Task MetricsServer_RequestsOfKubectlTop_YieldUsageOfNodeAndPods()
    {
        await cluster.ApplyAsync(MetricsServer);
        await cluster.ApplyAsync(Pod("burner", "while :; do :; done", "    resources: {requests: {cpu: 10m}, limits: {cpu: 200m, memory: 64Mi}}"));
        await cluster.WaitForPodReadyAsync("burner");
        using var http = await MetricsServerClientAsync();

        // What it may not have: the role is for /metrics alone.
        Assert.Equal(HttpStatusCode.Forbidden, (await http.GetAsync(new Uri("/pods", UriKind.Relative))).StatusCode);

        var first = await ScrapeAsync(http);
        await Task.Delay(TimeSpan.FromSeconds(2));
        var second = await ScrapeAsync(http);

        var node = Usage(first.Node, second.Node);
        Assert.InRange(node.Cores, 0.01, Environment.ProcessorCount + 0.5);
        Assert.InRange(node.Bytes, 50e6, 1e12);
        var burner = Usage(first.Containers["default/burner/main"], second.Containers["default/burner/main"]);
        Assert.InRange(burner.Cores, 0.05, 0.3);
        Assert.InRange(burner.Bytes, 10e3, 64e6);
        Assert.InRange(second.Containers["default/burner/main"].Started, DateTimeOffset.UtcNow.AddHours(-1).ToUnixTimeSeconds(), DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1);
        await cluster.KubectlAsync("delete", "pod", "burner", "--now");
        await Wait.UntilAsync("the series of the pod that is gone to go", TimeSpan.FromSeconds(20), async () =>
            !(await http.GetStringAsync(new Uri("/metrics/cadvisor", UriKind.Relative))).Contains("pod=\"burner\"", StringComparison.Ordinal)
            && !(await ScrapeAsync(http)).Containers.ContainsKey("default/burner/main"), interval: TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public async Task Metrics_EveryFamilyOfCompareMd_IsShownWithUpstreamsTypeAndLabels()
    {
        var pods = new LivedPods(cluster.Plane, cluster.Daemons.Options);
        try
        {
            await pods.LiveAsync(KubeletLog);
            var pages = await pods.ScrapeAsync(KubeletLog);
            await Task.WhenAll(pages.Values.Select(Promtool.CheckAsync));

            var problems = FamilyTable.ProblemsOf(pages.ToDictionary(p => p.Key, p => new MetricPage(p.Value)));
            Assert.True(problems.Count == 0, string.Join('\n', problems));
        }
        finally
        {
            await pods.RemoveAsync();
        }

        await cluster.WaitForGoneAsync("pod", "lived-steady");
        await Wait.UntilAsync("the series of the pod that is gone to go", TimeSpan.FromSeconds(20), async () =>
            (await Task.WhenAll(LivedPods.Pages.Select(p => cluster.KubectlAsync("get", "--raw", $"/api/v1/nodes/{NodeCluster.NodeName}/proxy{p}")))).All(t => !t.Contains("\"lived-steady\"", StringComparison.Ordinal)), KubeletLog, TimeSpan.FromMilliseconds(300));

        string KubeletLog() => cluster.LogTail(NodeDaemons.KubeletName);
    }

    [Fact]
    public async Task StaticPod_TakenAwayAndPutBackUnchanged_RunsAgain()
    {
        var manifest = Path.Combine(cluster.Daemons.Options.ManifestFolder, "again.yaml");
        var mirror = "again-" + NodeCluster.NodeName;

        // It takes its time to end, and is back before it has.
        await File.WriteAllTextAsync(manifest, Pod("again", "trap \"sleep 5; exit 0\" TERM; while true; do sleep 100 & wait $!; done"));
        await cluster.WaitForPodReadyAsync(mirror);
        var before = await cluster.FieldAsync("pod", mirror, ".status.containerStatuses[0].containerID");

        File.Move(manifest, cluster.Daemons.Options.Folder + "/again.away", overwrite: true);
        await Wait.UntilAsync("the pod to be ended", TimeSpan.FromSeconds(30), async () => (await cluster.FieldAsync("pod", mirror, ".metadata.deletionTimestamp")).Length > 0 || (await cluster.FieldAsync("pod", mirror, ".metadata.name")).Length == 0, interval: TimeSpan.FromMilliseconds(50));
        File.Move(cluster.Daemons.Options.Folder + "/again.away", manifest);

        await Wait.UntilAsync("another container of the pod to be ready", TimeSpan.FromSeconds(60), async () =>
            await cluster.FieldAsync("pod", mirror, ".status.containerStatuses[0].containerID") is { Length: > 0 } id && id != before
            && await cluster.FieldAsync("pod", mirror, ".status.conditions[?(@.type==\"Ready\")].status") == "True", () => cluster.LogTail("kubelet"), TimeSpan.FromMilliseconds(200));
        Assert.Contains("kubelet_restarted_pods_total{static=\"true\"} ", await cluster.KubectlAsync("get", "--raw", $"/api/v1/nodes/{NodeCluster.NodeName}/proxy/metrics"), StringComparison.Ordinal);
        File.Delete(manifest);
        await cluster.WaitForGoneAsync("pod", mirror);
    }

    [Fact]
    public async Task HealthzPort_AnswersWithoutCredentials() =>
        Assert.Equal("ok", await cluster.HttpGetAsync($"http://127.0.0.1:{cluster.Daemons.Options.KubeletHealthPort}/healthz"));

    /// <summary>As metrics-server connects with its manifest's flags: by the node's InternalIP and the port in its status, with its token.</summary>
    private async Task<HttpClient> MetricsServerClientAsync()
    {
        var token = "";
        await Wait.UntilAsync("a token for metrics-server", TimeSpan.FromSeconds(90), async () =>
            (token = await cluster.Plane.Reader.GetAsync("/api/v1/namespaces/kube-system/secrets/metrics-server-token") is { } secret ? JsonFields.Read(secret, ".data.token") : "").Length > 0, interval: TimeSpan.FromMilliseconds(200));
        var address = await cluster.FieldAsync("node", NodeCluster.NodeName, ".status.addresses[?(@.type==\"InternalIP\")].address");
        var port = await cluster.FieldAsync("node", NodeCluster.NodeName, ".status.daemonEndpoints.kubeletEndpoint.Port");
        var handler = new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.GZip };
#pragma warning disable CA5359 // --kubelet-insecure-tls.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        var http = new HttpClient(handler) { BaseAddress = new Uri($"https://{address}:{port}"), Timeout = TimeSpan.FromSeconds(10) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Encoding.ASCII.GetString(Convert.FromBase64String(token)));
        return http;
    }

    /// <summary>
    /// Reads the page by metrics-server's rules: five names, the labels container, namespace and pod, a sample's own time where it
    /// has one; a node or container that lacks one of the figures, or has used no CPU time, is left out.
    /// </summary>
    private static async Task<(Point Node, Dictionary<string, Point> Containers)> ScrapeAsync(HttpClient http)
    {
        var page = new MetricPage(await http.GetStringAsync(new Uri("/metrics/resource", UriKind.Relative)));
        var cpu = Assert.Single(page["node_cpu_usage_seconds_total"]);
        var memory = Assert.Single(page["node_memory_working_set_bytes"]);
        Assert.NotNull(cpu.Timestamp);
        Assert.NotNull(memory.Timestamp);
        Assert.True(cpu.Value > 0 && memory.Value > 0);
        var node = new Point(cpu.Timestamp.Value, cpu.Value, memory.Value, 0);
        var working = page["container_memory_working_set_bytes"].ToDictionary(Key);
        var started = page["container_start_time_seconds"].ToDictionary(Key);
        var containers = new Dictionary<string, Point>();
        foreach (var sample in page["container_cpu_usage_seconds_total"])
        {
            Assert.NotNull(sample.Timestamp);
            if (sample.Value > 0 && working.TryGetValue(Key(sample), out var bytes) && bytes.Value > 0 && started.TryGetValue(Key(sample), out var start))
            {
                containers[Key(sample)] = new Point(sample.Timestamp.Value, sample.Value, bytes.Value, start.Value);
            }
        }

        return (node, containers);

        static string Key(MetricPage.Sample sample) => $"{sample.Labels["namespace"]}/{sample.Labels["pod"]}/{sample.Labels["container"]}";
    }

    private static (double Cores, double Bytes) Usage(Point before, Point now)
    {
        Assert.True(now.At > before.At, "the second scrape shows what the first one did");
        return ((now.CpuSeconds - before.CpuSeconds) / ((now.At - before.At) / 1000.0), now.Bytes);
    }

    /// <param name="At">In milliseconds since 1970.</param>
    /// <param name="Started">In seconds since 1970.</param>
    private sealed record Point(long At, double CpuSeconds, double Bytes, double Started);
}
