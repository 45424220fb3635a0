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
public sealed class LeaderElectionTests(SchedulerCluster cluster, ITestOutputHelper output) : IClassFixture<SchedulerCluster>, IAsyncLifetime
{
    private const int Nodes = 10;
    private const int PodsPerNode = 4;

    /// <summary>NODEAGENT_LEADER_ENDS names others, such as SIGSTOP: a pause, after which the old leader goes on.</summary>
    private static readonly Signum[] Ends = [.. (Environment.GetEnvironmentVariable("NODEAGENT_LEADER_ENDS") ?? "SIGKILL,SIGTERM").Split(',').Select(Enum.Parse<Signum>)];

    /// <summary>NODEAGENT_LEADER_KILLS raises it: once each is enough to see that each way of ending works.</summary>
    private static int Kills => int.TryParse(Environment.GetEnvironmentVariable("NODEAGENT_LEADER_KILLS"), NumberStyles.None, CultureInfo.InvariantCulture, out var kills) ? kills : Ends.Length;

    // One name in several namespaces: old API servers give a scheduler the rights to the lease of this name alone.
    private static string Election(string leaseNamespace, string times = "leaseDuration: 3s, renewDeadline: 2s, retryPeriod: 500ms") =>
        $"leaderElection: {{leaderElect: true, resourceName: kube-scheduler, resourceNamespace: {leaseNamespace}, {times}}}";

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>Schedulers with leases of another name would go on to bind beside those of the next test.</summary>
    public Task DisposeAsync() => cluster.StopSchedulersAsync();

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
        var started = schedulers.Count;
        var slowest = TimeSpan.Zero;
        var over = "";
        for (var kill = 0; kill < Kills; kill++)
        {
            await BindingAfterAsync();
            var leader = await LeaderAsync("kube-system", schedulers);
            var killed = Stopwatch.StartNew();
            var end = Ends[kill % Ends.Length];
            Signals.Send(leader.Id, end);
            schedulers.Remove(leader);
            await BindingAfterAsync();
            slowest = killed.Elapsed > slowest ? killed.Elapsed : slowest;
            if (end == Signum.SIGSTOP)
            {
                // It goes on as if no time had passed, with bindings that it was about to send.
                Signals.Send(leader.Id, Signum.SIGCONT);
                await Wait.UntilAsync("the paused leader to end", TimeSpan.FromSeconds(30), () => Task.FromResult(!leader.IsRunning), () => leader.LogTail());
            }

            over = over.Length == 0 && usage.Most > PodsPerNode ? $"first overcommitted by end {kill}, {end}" : over;
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
        await load;
        output.WriteLine($"{Kills} leaders ended, {started - 2 - Kills} more lost the lease, {usage.Bindings} bindings, at most {usage.Most} of {PodsPerNode} pods on a node, slowest takeover {slowest.TotalSeconds:F1} s {over}");
        Assert.True(usage.Most == PodsPerNode, $"at most {usage.Most} pods on a node that takes {PodsPerNode}; {over}");

        // Two beside each other; on a busy host one may lose the lease and end, as it should.
        async Task BindingAfterAsync()
        {
            var before = usage.Bindings;
            await Wait.UntilAsync("more bindings", TimeSpan.FromSeconds(60), async () =>
            {
                schedulers.RemoveAll(s => !s.IsRunning);
                while (schedulers.Count < 2)
                {
                    schedulers.Add(await StartAsync("kube-system", started++));
                }

                Assert.False(load.IsFaulted, $"{load.Exception}");
                return usage.Bindings > before && await FindLeaderAsync("kube-system", schedulers) is not null;
            }, () => string.Join('\n', schedulers.Select(s => s.LogTail())));
        }
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
        await Wait.UntilAsync(
            $"a leader by the lease in {leaseNamespace}",
            TimeSpan.FromSeconds(60),
            async () => (leader = await FindLeaderAsync(leaseNamespace, schedulers)) is not null,
            () => string.Join('\n', schedulers.Select(s => s.LogTail(5))));
        return leader!;
    }

    private async Task<ManagedProcess?> FindLeaderAsync(string leaseNamespace, IReadOnlyList<ManagedProcess> schedulers)
    {
        var holder = (await cluster.Client.GetAsync(Resources.Leases, leaseNamespace, "kube-scheduler", default)).Spec?.HolderIdentity ?? "";
        return holder.Length == 0 ? null : schedulers.FirstOrDefault(s => s.IsRunning && File.ReadAllText(s.LogFile).Contains(holder, StringComparison.Ordinal));
    }

    /// <summary>Always a few more pods than fit, and bound ones that go.</summary>
    private async Task LoadAsync(NodeUsage usage, CancellationToken cancellationToken)
    {
        try
        {
            for (var i = 0; ; i++)
            {
                await cluster.Client.CreateAsync(Resources.Pods, SchedulerCluster.Pod($"load-{i}", "1"), cancellationToken);
                while (i >= (Nodes * PodsPerNode) + 20)
                {
                    await Task.Delay(20, cancellationToken);
                    if (usage.Bound() is { Length: > 0 } bound)
                    {
                        await cluster.DeleteAsync(bound[Random.Shared.Next(bound.Length)]);
                        break;
                    }
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }
}
