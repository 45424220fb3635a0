using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Mono.Unix.Native;
using NodeAgent.DevCluster.Processes;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Informers;
using Xunit.Abstractions;

namespace NodeAgent.Cluster.Tests.Scheduler;

/// <summary>Two schedulers, one of which leads.</summary>
[Trait("Category", "Cluster")]
public sealed class LeaderElectionTests(SchedulerCluster cluster, ITestOutputHelper output) : IClassFixture<SchedulerCluster>
{
    private const int Nodes = 10;
    private const int PodsPerNode = 4;

    /// <summary>NODEAGENT_LEADER_KILLS raises it: two are enough to see that both ways of ending work.</summary>
    private static int Kills => int.TryParse(Environment.GetEnvironmentVariable("NODEAGENT_LEADER_KILLS"), NumberStyles.None, CultureInfo.InvariantCulture, out var kills) ? kills : 2;

    // One name in several namespaces: old API servers give a scheduler the rights to the lease of this name alone.
    private static string Election(string leaseNamespace, string times = "leaseDuration: 3s, renewDeadline: 2s, retryPeriod: 500ms") =>
        $"leaderElection: {{leaderElect: true, resourceName: kube-scheduler, resourceNamespace: {leaseNamespace}, {times}}}";

    [Fact]
    public async Task LeaderIsKilledAgainAndAgainUnderLoad_NoNodeIsEverOvercommitted()
    {
        await cluster.ClearAsync();
        for (var i = 0; i < Nodes; i++)
        {
            await cluster.Client.CreateAsync(Resources.Nodes, SchedulerCluster.Node($"ha-{i}", $"{PodsPerNode}"), default);
        }

        var usage = new NodeUsage();
        using var stop = new CancellationTokenSource();
        var informer = new Informer<Pod>(cluster.Client, Resources.Pods, new InformerOptions<Pod>(SchedulerCluster.Namespace), NullLoggerFactory.Instance, TimeProvider.System);
        informer.AddHandler(usage);
        var watching = informer.RunAsync(stop.Token);
        var load = LoadAsync(usage, stop.Token);
        var schedulers = new List<ManagedProcess>
        {
            await StartAsync("kube-system", 0),
            await StartAsync("kube-system", 1),
        };
        var slowest = TimeSpan.Zero;
        for (var kill = 0; kill < Kills; kill++)
        {
            var leader = await LeaderAsync("kube-system", schedulers);
            await BindingAfterAsync(usage);
            var killed = Stopwatch.StartNew();
            Signals.Send(leader.Id, kill % 2 == 0 ? Signum.SIGKILL : Signum.SIGTERM);
            schedulers.Remove(leader);
            schedulers.Add(await StartAsync("kube-system", kill + 2));
            await LeaderAsync("kube-system", schedulers);
            await BindingAfterAsync(usage);
            slowest = killed.Elapsed > slowest ? killed.Elapsed : slowest;
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
        await load;
        foreach (var scheduler in schedulers)
        {
            await scheduler.StopAsync();
        }

        output.WriteLine($"{Kills} leaders ended, {usage.Bindings} bindings, at most {usage.Most} of {PodsPerNode} pods on a node, slowest takeover {slowest.TotalSeconds:F1} s");
        Assert.Equal(PodsPerNode, usage.Most);
    }

    [Fact]
    public async Task LeaderIsAskedToStop_TheOtherBindsLongBeforeTheLeaseRunsOut()
    {
        await cluster.ClearAsync();
        await cluster.Client.CreateAsync(Resources.Nodes, SchedulerCluster.Node("handover"), default);
        var times = "leaseDuration: 60s, renewDeadline: 10s, retryPeriod: 2s";
        var first = await StartAsync("default", 0, times);
        await LeaderAsync("default", [first]);
        var second = await StartAsync("default", 1, times);
        await Wait.UntilAsync("the second to stand by", TimeSpan.FromSeconds(30), () => Task.FromResult(second.LogTail(100).Contains("Waiting for the lease", StringComparison.Ordinal)));
        await Task.Delay(TimeSpan.FromSeconds(1));

        var asked = Stopwatch.StartNew();
        Signals.Send(first.Id, Signum.SIGTERM);
        await cluster.Client.CreateAsync(Resources.Pods, SchedulerCluster.Pod("handed-over", "100m"), default);
        await Wait.UntilAsync("the pod to be bound", TimeSpan.FromSeconds(40), async () => (await cluster.GetAsync("handed-over")).Spec.NodeName.Length > 0, () => second.LogTail(), TimeSpan.FromMilliseconds(20));

        output.WriteLine($"{asked.Elapsed.TotalMilliseconds:F0} ms from SIGTERM to a binding by the other");
        Assert.Same(second, await LeaderAsync("default", [first, second]));
        Assert.InRange(asked.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20));
    }

    private Task<ManagedProcess> StartAsync(string leaseNamespace, int number, string? times = null) =>
        cluster.StartAsync($"{leaseNamespace}-{number}", times is null ? Election(leaseNamespace) : Election(leaseNamespace, times), null, $"--secure-port={SchedulerCluster.FreePort()}");

    /// <summary>Waits until one of them holds the lease; each says in its log who it is.</summary>
    private async Task<ManagedProcess> LeaderAsync(string leaseNamespace, IReadOnlyList<ManagedProcess> schedulers)
    {
        ManagedProcess? leader = null;
        await Wait.UntilAsync($"a leader by the lease in {leaseNamespace}", TimeSpan.FromSeconds(60), async () =>
        {
            var holder = (await cluster.Client.GetAsync(Resources.Leases, leaseNamespace, "kube-scheduler", default)).Spec?.HolderIdentity ?? "";
            leader = holder.Length == 0 ? null : schedulers.FirstOrDefault(s => File.ReadAllText(s.LogFile).Contains(holder, StringComparison.Ordinal));
            return leader is { IsRunning: true };
        }, () => string.Join('\n', schedulers.Select(s => s.LogTail(5))));
        return leader!;
    }

    private static Task BindingAfterAsync(NodeUsage usage)
    {
        var before = usage.Bindings;
        return Wait.UntilAsync("more bindings", TimeSpan.FromSeconds(60), () => Task.FromResult(usage.Bindings > before));
    }

    /// <summary>Always more pods than fit, and bound ones that go.</summary>
    private async Task LoadAsync(NodeUsage usage, CancellationToken cancellationToken)
    {
        for (var i = 0; !cancellationToken.IsCancellationRequested; i++)
        {
            try
            {
                await cluster.Client.CreateAsync(Resources.Pods, SchedulerCluster.Pod($"load-{i}", "1"), cancellationToken);
                if (i > (Nodes * PodsPerNode) + 20 && usage.Bound() is { Length: > 0 } bound)
                {
                    await cluster.DeleteAsync(bound[Random.Shared.Next(bound.Length)]);
                    await Task.Delay(20, cancellationToken);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }
}
