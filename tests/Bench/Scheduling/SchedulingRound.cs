using System.Diagnostics;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Processes;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.KubeApi.Scheduling.V1;

namespace NodeAgent.Bench.Scheduling;

/// <summary>One run of one scheduler on a control plane of its own, from an empty etcd. All pods are there before it starts.</summary>
internal sealed class SchedulingRound(string binary, Workload workload, int nodes, int pods)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    public async Task<SchedulingFigures> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("nodeagent-schedbench-").FullName;
        try
        {
            var options = new ControlPlaneOptions(folder, ControllerManager: false)
            {
                // Nodes without a kubelet are to take pods, pods without a service account to be taken.
                ApiServerFlags = ["--disable-admission-plugins=TaintNodesByCondition,ServiceAccount", "--endpoint-reconciler-type=none"],
            };
            await using var plane = await LocalControlPlane.StartAsync(options);
            using var client = ApiClients.Admin(plane);
            await FillAsync(client);
            return await MeasureAsync(plane, client, folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task FillAsync(KubeClient client)
    {
        await client.CreateAsync(Resources.PriorityClasses, new PriorityClass { Metadata = new ObjectMeta { Name = Workload.HighPriority }, Value = 1000 }, default);
        await ManyAsync(nodes, i => client.CreateAsync(Resources.Nodes, Workload.NodeOf(i), default));
        await ManyAsync(nodes * workload.LowPodsPerNode, i => client.CreateAsync(Resources.Pods, Workload.LowPodOf(i / workload.LowPodsPerNode, i % workload.LowPodsPerNode), default));
        await ManyAsync(pods, i =>
        {
            var pod = workload.PodOf(i);
            pod.Metadata.Labels["bench"] = "measured";
            return client.CreateAsync(Resources.Pods, pod, default);
        });
    }

    private async Task<SchedulingFigures> MeasureAsync(LocalControlPlane plane, KubeClient client, string folder)
    {
        var config = Path.Combine(folder, "scheduler.yaml");
        await File.WriteAllTextAsync(config, $"""
            apiVersion: kubescheduler.config.k8s.io/v1
            kind: KubeSchedulerConfiguration
            clientConnection: {"{"}kubeconfig: {plane.AdminKubeconfig}, qps: 5000, burst: 5000{"}"}
            leaderElection: {"{"}leaderElect: false{"}"}
            """);
        ManagedProcess? process = null;
        var (cpu, started) = (0.0, 0L);
        using var watch = new BindingWatch(client, pods, () => cpu = ProcessFigures.CpuSeconds(process!.Id));
        var watching = watch.RunAsync();
        started = Stopwatch.GetTimestamp();
        process = await ManagedProcess.StartAsync("kube-scheduler", folder, [binary, $"--config={config}", "--bind-address=127.0.0.1", $"--secure-port={Ports.Free()}"]);
        using var churn = new CancellationTokenSource();
        var churning = ChurnAsync(client, watch, churn.Token);
        try
        {
            await watch.AllAsync(Patience);
            var total = ProcessFigures.CpuSeconds(process.Id);
            var toFirst = Stopwatch.GetElapsedTime(started, watch.First).TotalSeconds;
            var sinceFirst = Stopwatch.GetElapsedTime(watch.First, watch.Last).TotalSeconds;
            var peak = ProcessFigures.PeakMegabytes(process.Id);
            return workload.LowPodsPerNode == 0
                ? new SchedulingFigures((pods - 1) / sinceFirst, (total - cpu) * 1000 / pods, peak, toFirst, 0)
                : new SchedulingFigures(pods / (toFirst + sinceFirst), total * 1000 / pods, peak, toFirst, await VictimsAsync(client) / (double)pods);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{binary}, {workload.Name}: {watch.Count} of {pods} pods were bound in {Patience.TotalMinutes} min\n{process.LogTail()}", e);
        }
        finally
        {
            await churn.CancelAsync();
            await churning;
            await process.StopAsync(TimeSpan.FromSeconds(3));
            await watch.StopAsync();
            await watching;
        }
    }

    private async Task<int> VictimsAsync(KubeClient client)
    {
        var left = await client.ListAsync(Resources.Pods, Workload.Namespace, new ListOptions(LabelSelector: $"app={Workload.LowApp}"), default);
        return (nodes * workload.LowPodsPerNode) - left.Items.Count;
    }

    private async Task ChurnAsync(KubeClient client, BindingWatch watch, CancellationToken cancellationToken)
    {
        if (workload.DeletesPerSecond == 0)
        {
            return;
        }

        try
        {
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / workload.DeletesPerSecond));
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                if (watch.Names.TryDequeue(out var name))
                {
                    await client.DeleteAsync(Resources.Pods, Workload.Namespace, name, new DeleteRequest(TimeSpan.Zero), cancellationToken);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    private static Task ManyAsync(int count, Func<int, Task> create) =>
        Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) => await create(i));
}
