using System.Security.Cryptography.X509Certificates;
using System.Text;
using Mono.Unix.Native;
using NodeAgent.DevCluster.Processes;
using NodeAgent.KubeApi;

namespace NodeAgent.Cluster.Tests.Scheduler;

/// <summary>What the published scheduler serves, to whom, and what a signal makes it tell. Callers are known by the cluster's authorities, without a flag that names them.</summary>
[Trait("Category", "Cluster"), Collection(SchedulerCollection.Name)]
public sealed class SchedulerServerTests(SchedulerCluster cluster) : IAsyncLifetime
{
    private static readonly string[] Open = ["/healthz", "/livez", "/readyz"];
    private static readonly string[] Guarded = ["/metrics", "/metrics/resources", "/metrics/slis", "/configz", "/flagz", "/statusz", "/explain", "/explain/default/too-big", "/simulate"];

    /// <summary>Upstream's, of a scheduler that has tried one pod and bound another.</summary>
    private static readonly string[] Metrics =
    [
        "scheduler_schedule_attempts_total{profile=\"default-scheduler\",result=\"scheduled\"} 1",
        "scheduler_schedule_attempts_total{profile=\"default-scheduler\",result=\"unschedulable\"}",
        "scheduler_scheduling_attempt_duration_seconds_bucket{profile=\"default-scheduler\",result=\"scheduled\"",
        "scheduler_scheduling_algorithm_duration_seconds_count",
        "scheduler_pod_scheduling_sli_duration_seconds_count{attempts=\"1\"} 1",
        "scheduler_pod_scheduling_attempts_sum 1",
        "scheduler_queue_incoming_pods_total{event=\"PodAdd\",queue=\"active\"}",
        "scheduler_pending_pods{queue=\"unschedulable\"} 1",
        "scheduler_unschedulable_pods{plugin=\"NodeResourcesFit\",profile=\"default-scheduler\"} 1",
        "scheduler_cache_size{type=\"nodes\"} 1",
        "scheduler_preemption_attempts_total",
        "scheduler_framework_extension_point_duration_seconds_count{extension_point=\"Bind\",status=\"Success\",profile=\"default-scheduler\"} 1",
        "scheduler_plugin_evaluation_total{plugin=\"NodeResourcesFit\",extension_point=\"Filter\",profile=\"default-scheduler\"}",
        "scheduler_event_handling_duration_seconds_count{event=\"NodeAdd\"} 1",
        "scheduler_goroutines{operation=\"binding\"}",
        "rest_client_requests_total",
        "process_cpu_seconds_total",
    ];

    public Task InitializeAsync() => cluster.StartOverAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task EveryPath_ByWhoAsks_IsAnsweredOrRefused_AndTheSignalTellsTheState()
    {
        var port = SchedulerCluster.FreePort();
        var scheduler = await cluster.StartAsync("server", "leaderElection: {leaderElect: false}", null, $"--secure-port={port}");
        await cluster.Client.CreateAsync(Resources.Nodes, SchedulerCluster.Node("n", "1"), default);
        await cluster.Client.CreateAsync(Resources.Pods, SchedulerCluster.Pod("too-big", "1500m"), default);
        await cluster.Client.CreateAsync(Resources.Pods, SchedulerCluster.Pod("fits", "100m"), default);
        await cluster.NodeOfAsync("fits", scheduler);
        await cluster.RefusalOfAsync("too-big", scheduler);
        var (certificate, key) = cluster.Plane.Pki.EnsureClient("admin", "kubernetes-admin", "system:masters");
        using var admin = Client(port, X509Certificate2.CreateFromPemFile(certificate, key));
        using var nobody = Client(port, null);
        await Wait.UntilAsync("the cluster's authorities to be known", TimeSpan.FromSeconds(30), async () => (await admin.GetAsync(new Uri("/metrics", UriKind.Relative))).IsSuccessStatusCode, () => scheduler.LogTail());

        foreach (var path in Open)
        {
            Assert.Equal((200, path), (await AskAsync(nobody, path), path));
        }

        foreach (var path in Guarded)
        {
            Assert.Equal((403, path), (await AskAsync(nobody, path), path));
            Assert.Equal((200, path), (await AskAsync(admin, path), path));
        }

        // Sizes are reported once a second.
        var text = "";
        await Wait.UntilAsync("the metrics", TimeSpan.FromSeconds(10), async () => Metrics.All((text = await admin.GetStringAsync(new Uri("/metrics", UriKind.Relative))).Contains), () => string.Join('\n', Metrics.Where(m => !text.Contains(m, StringComparison.Ordinal))));
        await admin.GetStringAsync(new Uri("/readyz", UriKind.Relative));
        Assert.Contains("kubernetes_healthcheck{name=\"sched-handler-sync\",type=\"readyz\"} 1\n", await admin.GetStringAsync(new Uri("/metrics/slis", UriKind.Relative)), StringComparison.Ordinal);
        Assert.Contains("kube_pod_resource_request{namespace=\"default\",pod=\"fits\",node=\"n\"", await admin.GetStringAsync(new Uri("/metrics/resources", UriKind.Relative)), StringComparison.Ordinal);

        Signals.Send(scheduler.Id, Signum.SIGUSR2);
        await Wait.UntilAsync("the state in the log", TimeSpan.FromSeconds(10), () => Task.FromResult(scheduler.LogTail(100) is var log
            && log.Contains("node n: 1 pods, cpu 100m of 1000m", StringComparison.Ordinal)
            && log.Contains("pod default/too-big: Unschedulable", StringComparison.Ordinal)
            && log.Contains("Cache and informers agree", StringComparison.Ordinal)), () => scheduler.LogTail(50));
    }

    private static HttpClient Client(int port, X509Certificate2? certificate)
    {
        var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator };
        if (certificate is not null)
        {
            handler.ClientCertificates.Add(certificate);
        }

        return new HttpClient(handler) { BaseAddress = new Uri($"https://127.0.0.1:{port}") };
    }

    private static async Task<int> AskAsync(HttpClient http, string path)
    {
        using var pod = new StringContent("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: i}]}}", Encoding.UTF8, "application/yaml");
        using var response = path == "/simulate" ? await http.PostAsync(new Uri(path, UriKind.Relative), pod) : await http.GetAsync(new Uri(path, UriKind.Relative));
        return (int)response.StatusCode;
    }
}
