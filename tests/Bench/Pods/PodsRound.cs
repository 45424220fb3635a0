using System.Diagnostics;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Images;
using NodeAgent.DevCluster.Node;
using NodeAgent.DevCluster.Processes;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.Bench.Pods;

/// <summary>One kubelet from its start to its end: single pods one after the other, then many at once.</summary>
internal static class PodsRound
{
    private const string Namespace = "default";

    public static async Task RunAsync(LocalControlPlane plane, NodeOptions options, int singles, int burst, PodFigures figures)
    {
        using var client = ApiClients.Admin(plane);
        var daemons = new NodeDaemons(options, plane);
        var kubelet = await daemons.StartKubeletAsync();
        try
        {
            await Wait.UntilAsync($"node {options.Name} to be Ready", TimeSpan.FromSeconds(90), async () =>
                (await plane.KubectlAsync(["get", "node", options.Name, "-o", "jsonpath={.status.conditions[?(@.type=='Ready')].status}"])).Output == "True", () => kubelet.LogTail());
            await using var watch = await PodWatch.StartAsync(client, options.Name);

            // The first pod pays for what every later one finds warm; it is not counted.
            for (var i = 0; i <= singles; i++)
            {
                var (ready, gone) = await OnePodAsync(client, watch, options.Name, $"{options.Name}-single-{i}");
                if (i > 0)
                {
                    figures.SingleReady.Add(ready);
                    figures.SingleGone.Add(gone);
                }
            }

            await ManyPodsAsync(client, watch, options.Name, burst, figures, kubelet);
            figures.CpuSeconds.Add(ProcessFigures.CpuSeconds(kubelet.Id));
        }
        finally
        {
            await daemons.StopAsync(NodeDaemons.KubeletName);
            await plane.KubectlAsync(["delete", "node", options.Name], throwOnFailure: false);
        }
    }

    private static async Task<(double Ready, double Gone)> OnePodAsync(KubeClient client, PodWatch watch, string node, string name)
    {
        var clock = Stopwatch.StartNew();
        await client.CreateAsync(Resources.Pods, NewPod(name, node), CancellationToken.None);
        await watch.ReadyAsync(name);
        var ready = clock.Elapsed.TotalSeconds;
        clock.Restart();
        await client.DeleteAsync(Resources.Pods, Namespace, name, new DeleteRequest(), CancellationToken.None);
        await watch.GoneAsync(name);
        return (ready, clock.Elapsed.TotalSeconds);
    }

    private static async Task ManyPodsAsync(KubeClient client, PodWatch watch, string node, int count, PodFigures figures, ManagedProcess kubelet)
    {
        var names = Enumerable.Range(0, count).Select(i => $"{node}-burst-{i}").ToArray();
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(names.Select(name => client.CreateAsync(Resources.Pods, NewPod(name, node), CancellationToken.None)));
        await Task.WhenAll(names.Select(watch.ReadyAsync));
        figures.BurstReady.Add(clock.Elapsed.TotalSeconds);
        await Task.Delay(TimeSpan.FromSeconds(5));
        figures.Memory.Add(ProcessFigures.PssMegabytes(kubelet.Id));
        clock.Restart();
        await Task.WhenAll(names.Select(name => client.DeleteAsync(Resources.Pods, Namespace, name, new DeleteRequest(), CancellationToken.None)));
        await Task.WhenAll(names.Select(watch.GoneAsync));
        figures.BurstGone.Add(clock.Elapsed.TotalSeconds);
    }

    private static Pod NewPod(string name, string node) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = Namespace },
        Spec = new PodSpec
        {
            NodeName = node,
            Containers = { new Container { Name = "main", Image = TestImages.PauseName, ImagePullPolicy = "IfNotPresent" } },
        },
    };
}
