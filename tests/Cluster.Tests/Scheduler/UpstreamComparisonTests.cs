using System.Globalization;
using NodeAgent.DevCluster.Processes;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
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
[Trait("Category", "Cluster"), Collection(SchedulerCollection.Name)]
public sealed class UpstreamComparisonTests(SchedulerCluster cluster, ITestOutputHelper output) : IAsyncLifetime
{
    private const int PodsPerCluster = 40;

    /// <summary>NODEAGENT_COMPARED_PODS and NODEAGENT_COMPARISON_SEED change what is compared.</summary>
    private static int Pods => Number("NODEAGENT_COMPARED_PODS", 80);

    private static int Seed => Number("NODEAGENT_COMPARISON_SEED", 1);

    public Task InitializeAsync() => cluster.StartOverAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [FactBesideUpstream("kube-scheduler")]
    public async Task RandomPods_GoWhereUpstreamPutsThemTiesAside()
    {
        using var onlooker = await Onlooker.StartBesideUpstreamAsync(cluster);
        await CreateServiceAsync();
        await cluster.Client.CreateAsync(Resources.DeviceClasses, RandomCluster.DeviceClass, default);
        var (compared, unschedulable, ties) = (0, 0, 0);
        var differences = new List<string>();
        for (var round = 0; compared < Pods; round++)
        {
            var random = new RandomCluster((Seed * 1000) + round, $"{round}");
            await cluster.ClearAsync();
            await ClearStorageAsync();
            var nodes = 5 + (round * 7 % 26);
            await CreateAsync(random, nodes);
            await onlooker.SeesAsync(nodes);
            for (var i = 0; i < PodsPerCluster && compared < Pods; i++)
            {
                var pod = random.Pod($"pod-{round}-{i}");
                if (random.AddDevices(pod) is { } claim)
                {
                    await cluster.Client.CreateAsync(Resources.ResourceClaims, claim, default);
                    await PauseAsync();
                }

                var own = await PlaceAsync(onlooker, pod, nodes);
                var (node, message) = await PlaceAsync(pod);
                compared++;
                unschedulable += node is null ? 1 : 0;
                ties += node is not null && own.Scores.Values.Count(s => s == own.Scores.Values.Max()) > 1 ? 1 : 0;
                var difference = own.DifferenceFrom(node);
                if (node is not null)
                {
                    await onlooker.SeesAsync(pod);
                }
                else if (difference is null && await OwnMessageAsync(pod) is var said && said != message)
                {
                    difference = $"upstream says \"{message}\", here it is \"{said}\"";
                }

                if (difference is not null)
                {
                    differences.Add($"{pod.Metadata.Name}: {difference}\n{KubeJson.ToText(pod)}\n{own.Json}");
                }
            }
        }

        output.WriteLine($"{compared} pods compared ({unschedulable} fit nowhere, {ties} had several best nodes), {differences.Count} differences");
        Assert.True(differences.Count == 0, $"{differences.Count} of {compared} differ:\n{string.Join("\n\n", differences.Take(5))}");
    }

    private static int Number(string variable, int fallback) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : fallback;

    /// <summary>Both schedulers watch; what has just been created is to be with both before it counts.</summary>
    private static Task PauseAsync() => Task.Delay(150);

    private async Task CreateAsync(RandomCluster random, int nodes)
    {
        foreach (var (volume, claim) in random.Volumes())
        {
            await cluster.Client.CreateAsync(Resources.PersistentVolumes, volume, default);
            await cluster.Client.CreateAsync(Resources.PersistentVolumeClaims, claim, default);
        }

        for (var i = 0; i < nodes; i++)
        {
            var node = random.Node(i);
            if (random.CsiNode(node.Metadata.Name) is { } csi)
            {
                await cluster.Client.CreateAsync(Resources.CSINodes, csi, default);
            }

            if (random.Slice(node.Metadata.Name) is { } slice)
            {
                await cluster.Client.CreateAsync(Resources.ResourceSlices, slice, default);
            }

            await cluster.Client.CreateAsync(Resources.Nodes, node, default);
        }

        await PauseAsync();
    }

    private async Task ClearStorageAsync()
    {
        foreach (var csi in (await cluster.Client.ListAsync(Resources.CSINodes, null, new ListOptions(), default)).Items)
        {
            await cluster.Client.DeleteAsync(Resources.CSINodes, null, csi.Metadata.Name, new DeleteRequest(), default);
        }

        foreach (var slice in (await cluster.Client.ListAsync(Resources.ResourceSlices, null, new ListOptions(), default)).Items)
        {
            await cluster.Client.DeleteAsync(Resources.ResourceSlices, null, slice.Metadata.Name, new DeleteRequest(), default);
        }
    }

    /// <summary>For pods without constraints of their own the default ones count by the Services that select them.</summary>
    private async Task CreateServiceAsync()
    {
        var service = new Service { Metadata = new ObjectMeta { Name = "a", Namespace = SchedulerCluster.Namespace }, Spec = new ServiceSpec { Ports = { new ServicePort { Port = 80 } } } };
        service.Spec.Selector["app"] = "a";
        await cluster.Client.CreateAsync(Resources.Services, service, default);
    }

    /// <returns>The node; null, and why, when upstream says that none takes the pod, which is gone then.</returns>
    private async Task<(string? Node, string Message)> PlaceAsync(Pod pod)
    {
        var name = pod.Metadata.Name;
        await cluster.Client.CreateAsync(Resources.Pods, pod, default);
        Pod? seen = null;
        await Wait.UntilAsync($"a scheduler to decide about {name}", TimeSpan.FromSeconds(30), async () =>
        {
            seen = await cluster.GetAsync(name);
            return seen.Spec.NodeName.Length > 0 || seen.GetCondition("PodScheduled") is { Status: "False" };
        }, interval: TimeSpan.FromMilliseconds(10));
        if (seen!.Spec.NodeName.Length > 0)
        {
            return (seen.Spec.NodeName, "");
        }

        await cluster.DeleteAsync(name);
        return (null, seen.GetCondition("PodScheduled")!.Message);
    }

    /// <summary>What this project's scheduler says of the pod in its condition and event; people and tools read it.</summary>
    private async Task<string> OwnMessageAsync(Pod pod)
    {
        var own = pod.Clone();
        own.Spec.SchedulerName = Onlooker.Name;
        return (await PlaceAsync(own)).Message;
    }

    private static async Task<Placement> PlaceAsync(Onlooker own, Pod pod, int nodes)
    {
        var (explanation, json) = await own.SimulateAsync(pod, nodes);
        var scores = explanation.GetProperty("bestNodes").EnumerateArray().ToDictionary(n => n.GetProperty("node").GetString()!, n => n.GetProperty("total").GetInt64());
        Assert.Equal(explanation.GetProperty("feasibleCount").GetInt32(), scores.Count);
        return new Placement(scores, explanation.GetProperty("verdict").GetString()!, json);
    }
}
