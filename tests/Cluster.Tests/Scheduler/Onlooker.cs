using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using NodeAgent.DevCluster.Processes;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Manifests;

namespace NodeAgent.Cluster.Tests.Scheduler;

/// <summary>This project's scheduler, which places none of the pods that upstream's does, and is asked by POST /simulate where it would.</summary>
internal sealed class Onlooker : IDisposable
{
    /// <summary>The scheduler name of its one profile.</summary>
    public const string Name = "nodeagent";

    private readonly HttpClient _http;

    private Onlooker(int port) => _http = new HttpClient(new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator })
    {
        BaseAddress = new Uri($"https://127.0.0.1:{port}"),
    };

    /// <summary>Starts it and upstream's kube-scheduler, which places the pods of the default scheduler.</summary>
    public static async Task<Onlooker> StartBesideUpstreamAsync(SchedulerCluster cluster)
    {
        var port = SchedulerCluster.FreePort();
        await cluster.StartAsync("upstream", "leaderElection: {leaderElect: false}", Path.Combine(cluster.Plane.Binaries.Folder, "kube-scheduler"), $"--secure-port={SchedulerCluster.FreePort()}");
        await cluster.StartAsync(Name, $"leaderElection: {{leaderElect: false}}\nprofiles: [{{schedulerName: {Name}}}]", null, $"--secure-port={port}", "--authorization-always-allow-paths=/simulate,/explain/*,/healthz");
        return new Onlooker(port);
    }

    public void Dispose() => _http.Dispose();

    /// <param name="nodes">How many nodes to name at most.</param>
    /// <returns>The report's <c>explanation</c>, and all of it as text.</returns>
    public async Task<(JsonElement Explanation, string Json)> SimulateAsync(Pod pod, int nodes)
    {
        var asked = pod.Clone();
        asked.Spec.SchedulerName = Name;
        var text = KubeJson.ToNode(asked);
        text["apiVersion"] = "v1";
        text["kind"] = "Pod";
        using var content = new StringContent(KubeJson.ToText(text), Encoding.UTF8, MediaTypeHeaderValue.Parse("application/json"));
        using var response = await _http.PostAsync(new Uri($"/simulate?count=1&nodes={nodes}", UriKind.Relative), content);
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, body);
        using var json = JsonDocument.Parse(body);
        return (json.RootElement.GetProperty("explanation").Clone(), body);
    }

    /// <summary>Waits until it has seen the nodes.</summary>
    public Task SeesAsync(int nodes) => Wait.UntilAsync($"{nodes} nodes to be known", TimeSpan.FromSeconds(30), async () =>
        (await SimulateAsync(SchedulerCluster.Pod("probe"), 1)).Explanation.GetProperty("nodeCount").GetInt32() == nodes, interval: TimeSpan.FromMilliseconds(20));

    /// <summary>Waits until it has seen where the pod is.</summary>
    public Task SeesAsync(Pod pod) => Wait.UntilAsync($"the binding of {pod.Metadata.Name} to be known", TimeSpan.FromSeconds(30), async () =>
    {
        using var response = await _http.GetAsync(new Uri($"/explain/{pod.Metadata.Namespace}/{pod.Metadata.Name}?nodes=1", UriKind.Relative));
        return response.IsSuccessStatusCode;
    }, interval: TimeSpan.FromMilliseconds(5));
}
