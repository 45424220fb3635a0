using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using NodeAgent.DevCluster.Processes;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Manifests;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.KubeApi.Objects;
using Xunit.Abstractions;

namespace NodeAgent.Cluster.Tests.Scheduler;

/// <summary>
/// Random pods, one at a time, on the same API server: upstream's kube-scheduler places each, and its choice has to be one of the
/// best here. This project's scheduler looks on and is asked by POST /simulate.
/// </summary>
[Trait("Category", "Cluster")]
public sealed class UpstreamComparisonTests(SchedulerCluster cluster, ITestOutputHelper output) : IClassFixture<SchedulerCluster>
{
    private const int PodsPerCluster = 40;
    private const string OwnName = "nodeagent";

    /// <summary>NODEAGENT_COMPARED_PODS and NODEAGENT_COMPARISON_SEED change what is compared.</summary>
    private static int Pods => Number("NODEAGENT_COMPARED_PODS", 80);

    private static int Seed => Number("NODEAGENT_COMPARISON_SEED", 1);

    [FactBesideUpstream]
    public async Task RandomPods_GoWhereUpstreamPutsThemTiesAside()
    {
        var port = SchedulerCluster.FreePort();
        await cluster.StartAsync("upstream", "leaderElection: {leaderElect: false}", Path.Combine(cluster.Plane.Binaries.Folder, "kube-scheduler"), $"--secure-port={SchedulerCluster.FreePort()}");
        await cluster.StartAsync(OwnName, $"leaderElection: {{leaderElect: false}}\nprofiles: [{{schedulerName: {OwnName}}}]", null, $"--secure-port={port}", "--authorization-always-allow-paths=/simulate,/explain/*,/healthz");
        using var http = Client(port);
        await CreateServiceAsync();
        var (compared, unschedulable, ties) = (0, 0, 0);
        var differences = new List<string>();
        for (var round = 0; compared < Pods; round++)
        {
            var random = new RandomCluster((Seed * 1000) + round);
            await cluster.ClearAsync();
            var nodes = 5 + (round * 7 % 26);
            for (var i = 0; i < nodes; i++)
            {
                await cluster.Client.CreateAsync(Resources.Nodes, random.Node(i), default);
            }

            await SeesAsync(http, nodes);
            for (var i = 0; i < PodsPerCluster && compared < Pods; i++)
            {
                var pod = random.Pod($"pod-{round}-{i}");
                var own = await SimulateAsync(http, pod, nodes);
                var node = await PlaceAsync(pod);
                compared++;
                unschedulable += node is null ? 1 : 0;
                ties += node is not null && own.Scores.Values.Count(s => s == own.Scores.Values.Max()) > 1 ? 1 : 0;
                if (own.DifferenceFrom(node) is { } difference)
                {
                    differences.Add($"{pod.Metadata.Name}: {difference}\n{KubeJson.ToText(pod)}\n{own.Json}");
                }

                await SeesAsync(http, pod, node);
            }
        }

        output.WriteLine($"{compared} pods compared ({unschedulable} fit nowhere, {ties} had several best nodes), {differences.Count} differences");
        Assert.True(differences.Count == 0, $"{differences.Count} of {compared} differ:\n{string.Join("\n\n", differences.Take(5))}");
    }

    private static int Number(string variable, int fallback) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : fallback;

    private static HttpClient Client(int port) => new(new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator }) { BaseAddress = new Uri($"https://127.0.0.1:{port}") };

    /// <summary>For pods without constraints of their own the default ones count by the Services that select them.</summary>
    private async Task CreateServiceAsync()
    {
        var service = new Service { Metadata = new ObjectMeta { Name = "a", Namespace = SchedulerCluster.Namespace }, Spec = new ServiceSpec { Ports = { new ServicePort { Port = 80 } } } };
        service.Spec.Selector["app"] = "a";
        await cluster.Client.CreateAsync(Resources.Services, service, default);
    }

    /// <returns>The node, or null when upstream says that none takes the pod.</returns>
    private async Task<string?> PlaceAsync(Pod pod)
    {
        var name = pod.Metadata.Name;
        await cluster.Client.CreateAsync(Resources.Pods, pod, default);
        Pod? seen = null;
        await Wait.UntilAsync($"upstream to decide about {name}", TimeSpan.FromSeconds(30), async () =>
        {
            seen = await cluster.GetAsync(name);
            return seen.Spec.NodeName.Length > 0 || seen.GetCondition("PodScheduled") is { Status: "False" };
        }, interval: TimeSpan.FromMilliseconds(10));
        if (seen!.Spec.NodeName.Length > 0)
        {
            return seen.Spec.NodeName;
        }

        await cluster.DeleteAsync(name);
        return null;
    }

    private static async Task<Placement> SimulateAsync(HttpClient http, Pod pod, int nodes)
    {
        var asked = pod.Clone();
        asked.Spec.SchedulerName = OwnName;
        var text = KubeJson.ToNode(asked);
        text["apiVersion"] = "v1";
        text["kind"] = "Pod";
        using var content = new StringContent(KubeJson.ToText(text), Encoding.UTF8, MediaTypeHeaderValue.Parse("application/json"));
        using var response = await http.PostAsync(new Uri($"/simulate?count=1&nodes={nodes}", UriKind.Relative), content);
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, body);
        using var json = JsonDocument.Parse(body);
        var explanation = json.RootElement.GetProperty("explanation");
        var scores = explanation.GetProperty("bestNodes").EnumerateArray().ToDictionary(n => n.GetProperty("node").GetString()!, n => n.GetProperty("total").GetInt64());
        Assert.Equal(explanation.GetProperty("feasibleCount").GetInt32(), scores.Count);
        return new Placement(scores, explanation.GetProperty("verdict").GetString()!, body);
    }

    /// <summary>Waits until this project's scheduler has seen the nodes, and no pods of the round before.</summary>
    private static Task SeesAsync(HttpClient http, int nodes) => Wait.UntilAsync($"{nodes} nodes to be known", TimeSpan.FromSeconds(30), async () =>
    {
        var probe = await SimulateAsync(http, SchedulerCluster.Pod("probe"), 1_000);
        using var json = JsonDocument.Parse(probe.Json);
        return json.RootElement.GetProperty("explanation").GetProperty("nodeCount").GetInt32() == nodes;
    }, interval: TimeSpan.FromMilliseconds(20));

    /// <summary>Waits until this project's scheduler has seen where the pod went, or that it is gone.</summary>
    private static Task SeesAsync(HttpClient http, Pod pod, string? node) => node is null ? Task.CompletedTask : Wait.UntilAsync($"the binding of {pod.Metadata.Name} to be known", TimeSpan.FromSeconds(30), async () =>
    {
        using var response = await http.GetAsync(new Uri($"/explain/{pod.Metadata.Namespace}/{pod.Metadata.Name}?nodes=1", UriKind.Relative));
        return response.IsSuccessStatusCode;
    }, interval: TimeSpan.FromMilliseconds(5));
}
