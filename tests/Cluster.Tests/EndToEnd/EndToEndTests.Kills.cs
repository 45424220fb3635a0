using NodeAgent.Cluster.Tests.KubeApi;
using NodeAgent.Cluster.Tests.PodLife;
using NodeAgent.DevCluster.Node;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.EndToEnd;

/// <summary>
/// The kubelet, and the engine, killed again and again while pods come and go. A few times show it, a hundred times
/// (<c>NODEAGENT_TEST_KILLS=100</c>) prove it.
/// </summary>
public abstract partial class EndToEndTests
{
    private const int Steady = 4;
    private const int Passing = 2;

    private static string[] SteadyNames(string who) => [.. Enumerable.Range(0, Steady).Select(i => $"{who}-steady-{i}")];

    [Fact]
    public async Task KubeletKilledAgainAndAgain_RestartsNoContainer_FlapsNoReadiness_LeavesNothing()
    {
        await using var history = new PodHistory();
        using var client = ApiServerFixture.ClientFor(cluster.Plane.AdminKubeconfig);
        history.Start(client);
        await ApplySteadyAsync(history, "kubelet");

        await KillAmongPassingPodsAsync(history, "kubelet", Kills(3), async () =>
        {
            await ManagedProcess.Find(NodeDaemons.KubeletName, cluster.Daemons.Options.Folder)!.KillAsync();
            await cluster.Daemons.StartKubeletAsync();
        });

        AssertSteady(history, "kubelet");
        await cluster.KubectlAsync(["delete", "pod", "--now", "--wait=false", .. SteadyNames("kubelet")]);
    }

    [LongFact("a killed engine takes up to half a minute to come back on a busy host")]
    public async Task EngineKilledAgainAndAgain_PodsGoOn_AndTheirStatusStays()
    {
        await using var history = new PodHistory();
        using var client = ApiServerFixture.ClientFor(cluster.Plane.AdminKubeconfig);
        history.Start(client);
        await ApplySteadyAsync(history, "engine");

        await KillAmongPassingPodsAsync(history, "engine", Kills(3), async () =>
        {
            await cluster.Engine.KillEngineAsync();
            await StartEngineAsync();
        });

        AssertSteady(history, "engine");
        await cluster.KubectlAsync(["delete", "pod", "--now", "--wait=false", .. SteadyNames("engine")]);
    }

    // As systemd does: dockerd gives up when its containerd needs more than fifteen seconds.
    private async Task StartEngineAsync()
    {
        const int Tries = 3;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await cluster.Engine.StartEngineAsync();
                return;
            }
            catch (TimeoutException) when (attempt < Tries)
            {
                // Started again.
            }
        }
    }

    private static int Kills(int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable("NODEAGENT_TEST_KILLS"), out var asked) ? asked : usual;

    private static bool IsReady(NodeAgent.KubeApi.Core.V1.Pod pod) => pod.Status?.Conditions.Any(c => c is { Type: "Ready", Status: "True" }) == true;

    private async Task ApplySteadyAsync(PodHistory history, string who)
    {
        // A busy host may keep a probe waiting: what is looked for is a flap by the kill.
        const string Probes = """
                startupProbe: {exec: {command: ["true"]}, periodSeconds: 1, timeoutSeconds: 20}
                readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1, timeoutSeconds: 20}
                livenessProbe: {exec: {command: ["true"]}, periodSeconds: 1, timeoutSeconds: 20}
            """;
        await cluster.ApplyAsync(string.Join("\n---\n", SteadyNames(who).Select(n => Pod(n, "httpd -f -p 8080 -h /www", Probes))));
        foreach (var name in SteadyNames(who))
        {
            await history.WaitAsync(name, "to be ready", IsReady);
        }
    }

    /// <summary>Each kill comes while some pods start and others end.</summary>
    private async Task KillAmongPassingPodsAsync(PodHistory history, string who, int rounds, Func<Task> kill)
    {
        string[] before = [];
        for (var round = 0; round < rounds; round++)
        {
            string[] names = [.. Enumerable.Range(0, Passing).Select(i => $"{who}-passing-{round}-{i}")];
            await cluster.ApplyAsync(string.Join("\n---\n", names.Select(n =>
                Pod(n, "sleep 3600").Replace("GracePeriodSeconds: 20", "GracePeriodSeconds: 1", StringComparison.Ordinal))));
            await EndAsync(before);
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(1200)));
            await kill();
            foreach (var name in names)
            {
                await history.WaitAsync(name, "to be ready", IsReady);
            }

            before = names;
        }

        await EndAsync(before);
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < Passing; i++)
            {
                await history.WaitUntilGoneAsync($"{who}-passing-{round}-{i}");
            }
        }

        var uids = history.All.Where(n => n.StartsWith(who + "-passing-", StringComparison.Ordinal)).Select(n => history.Of(n)[^1].Metadata.Uid).ToHashSet(StringComparer.Ordinal);
        IReadOnlyList<string> left = [];
        await Wait.UntilAsync("the passing pods to leave nothing", OutagePatience, async () => (left = await LeftOfAsync(uids)).Count == 0, () => string.Join('\n', left));

        Task EndAsync(string[] names) => names.Length == 0 ? Task.CompletedTask : cluster.KubectlAsync(["delete", "pod", "--wait=false", .. names]);
    }

    /// <summary>Containers, sandboxes, folders and cgroups of pods that are gone.</summary>
    private async Task<IReadOnlyList<string>> LeftOfAsync(HashSet<string> uids)
    {
        List<string> left = [];
        left.AddRange(from c in await cluster.Engine.Runtime.ListContainersAsync(null, CancellationToken.None)
                      where uids.Contains(c.Labels.GetValueOrDefault("io.kubernetes.pod.uid") ?? "")
                      select $"container {c.Id} of {c.Labels["io.kubernetes.pod.name"]}: {c.State}");
        left.AddRange(from s in await cluster.Engine.Runtime.ListPodSandboxAsync(null, CancellationToken.None)
                      where uids.Contains(s.Metadata.Uid)
                      select $"sandbox {s.Id} of {s.Metadata.Name}: {s.State}");
        var cgroups = new[] { "/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids", "/sys/fs/cgroup" }
            .Select(h => $"{h}{cluster.Daemons.Options.CgroupRoot}/kubepods/besteffort").First(Directory.Exists);
        left.AddRange(Directory.GetDirectories(cgroups, "pod*").Where(d => uids.Contains(Path.GetFileName(d)[3..])));
        left.AddRange(Directory.GetDirectories(Path.Combine(cluster.Daemons.Options.KubeletRoot, "pods")).Where(d => uids.Contains(Path.GetFileName(d))));
        return left;
    }

    private static void AssertSteady(PodHistory history, string who)
    {
        foreach (var name in SteadyNames(who))
        {
            var versions = history.Of(name).SkipWhile(p => p.Status is null || !IsReady(p)).ToList();
            Assert.All(versions, p => Assert.True(IsReady(p), $"{name} was not ready for a moment: {NodeAgent.KubeApi.Manifests.KubeJson.ToText(p.Status)}"));
            Assert.All(versions, p => Assert.Equal(0, p.Status.ContainerStatuses[0].RestartCount));
            Assert.Single(versions.Select(p => p.Status.ContainerStatuses[0].ContainerID).Distinct());
        }
    }
}
