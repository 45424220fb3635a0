using System.Diagnostics;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Node;
using NodeAgent.DevCluster.Processes;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;

namespace NodeAgent.Bench.Kubelets;

/// <summary>A kubelet that is measured, with a client that makes its pods and watches them.</summary>
internal sealed class BenchKubelet : IAsyncDisposable
{
    private readonly LocalControlPlane _plane;
    private readonly NodeDaemons _daemons;
    private readonly KubeClient _client;
    private readonly PodWatch _watch;

    private BenchKubelet(LocalControlPlane plane, NodeDaemons daemons, ManagedProcess process, KubeClient client, PodWatch watch)
    {
        (_plane, _daemons, Process, _client, _watch) = (plane, daemons, process, client, watch);
    }

    public ManagedProcess Process { get; }

    public NodeOptions Options => _daemons.Options;

    public string Node => Options.Name;

    /// <summary>Returns when the node is Ready.</summary>
    public static async Task<BenchKubelet> StartAsync(LocalControlPlane plane, NodeOptions options)
    {
        var daemons = new NodeDaemons(options, plane);
        var process = await daemons.StartKubeletAsync();
        try
        {
            await Wait.UntilAsync($"node {options.Name} to be Ready", TimeSpan.FromSeconds(90), async () =>
                (await plane.KubectlAsync(["get", "node", options.Name, "-o", "jsonpath={.status.conditions[?(@.type=='Ready')].status}"], throwOnFailure: false)).Output == "True", () => process.LogTail());
            var client = ApiClients.Admin(plane);
            return new BenchKubelet(plane, daemons, process, client, await PodWatch.StartAsync(client, options.Name));
        }
        catch
        {
            await process.StopAsync();
            throw;
        }
    }

    /// <returns>How many seconds went by until all were Ready.</returns>
    public async Task<double> CreateAsync(params IEnumerable<Pod> pods)
    {
        var all = pods.ToList();
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(all.Select(p => _client.CreateAsync(Resources.Pods, p, CancellationToken.None)));
        await Task.WhenAll(all.Select(p => _watch.ReadyAsync(p.Metadata.Name)));
        return clock.Elapsed.TotalSeconds;
    }

    /// <returns>How many seconds went by until all were gone.</returns>
    public async Task<double> DeleteAsync(params IEnumerable<string> names)
    {
        var all = names.ToList();
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(all.Select(name => _client.DeleteAsync(Resources.Pods, PodTemplates.Namespace, name, new DeleteRequest(), CancellationToken.None)));
        await Task.WhenAll(all.Select(_watch.GoneAsync));
        return clock.Elapsed.TotalSeconds;
    }

    public async ValueTask DisposeAsync()
    {
        await _watch.DisposeAsync();
        _client.Dispose();
        await _daemons.StopAsync(NodeDaemons.KubeletName);
        await _plane.KubectlAsync(["delete", "node", Node], throwOnFailure: false);
    }
}
