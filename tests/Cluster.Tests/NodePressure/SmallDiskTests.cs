using Mono.Unix.Native;
using NodeAgent.Cluster.Tests.EndToEnd;
using NodeAgent.ContainerRuntime.V1;
using NodeAgent.DevCluster.Images;
using NodeAgent.DevCluster.Node;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.NodePressure;

/// <summary>A node that runs out of disk, and what it gives up first; and what else needs a node of its own.</summary>
public abstract class SmallDiskTests(SmallDiskCluster cluster)
{
    private const string DiskPressure = ".status.conditions[?(@.type==\"DiskPressure\")].status";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(150);

    [Fact]
    public async Task NodeShortOfDisk_EvictsThePodThatUsesIt_RefusesNewOnes_AndRecovers()
    {
        await cluster.ApplyAsync(PodOf("bystander", "exec sleep 3600"));
        await cluster.WaitForPodReadyAsync("bystander");
        await cluster.ApplyAsync(PodOf("hog", "head -c 75000000 /dev/zero >/cache/file; exec sleep 3600"));

        await cluster.WaitForFieldAsync("pod", "hog", ".status.phase", "Failed", Patience);
        await cluster.WaitForFieldAsync("node", NodeCluster.NodeName, DiskPressure, "True", Patience);
        await cluster.ApplyAsync(PodOf("late", "exec sleep 3600", $"nodeName: {NodeCluster.NodeName}"));

        Assert.Equal("Evicted", await cluster.FieldAsync("pod", "hog", ".status.reason"));
        Assert.Matches(@"^The node was low on resource: ephemeral-storage\. Threshold quantity: 32Mi, available: \d+Ki\. (Container main was using \d+Ki, request is 0, has larger consumption of ephemeral-storage\. )?$", await MessageAsync("hog"));
        Assert.Equal("TerminationByKubelet", await cluster.FieldAsync("pod", "hog", ".status.conditions[?(@.type==\"DisruptionTarget\")].reason"));
        await cluster.WaitForEventAsync("EvictionThresholdMet", NodeCluster.NodeName);
        await cluster.WaitForFieldAsync("pod", "late", ".status.phase", "Failed", Patience);
        Assert.Equal("Evicted", await StatusColumnAsync("late"));
        Assert.Equal("Pod was rejected: The node had condition: [DiskPressure].", (await MessageAsync("late")).Trim());

        await cluster.WaitForFieldAsync("node", NodeCluster.NodeName, DiskPressure, "False", Patience);
        Assert.Equal("True", await cluster.FieldAsync("node", NodeCluster.NodeName, ".status.conditions[?(@.type==\"Ready\")].status"));
        await cluster.ApplyAsync(PodOf("later", "exec sleep 3600", $"nodeName: {NodeCluster.NodeName}"));
        await cluster.WaitForPodReadyAsync("later");

        Assert.Equal("Running", await cluster.FieldAsync("pod", "bystander", ".status.phase"));
        Assert.Equal("0", await cluster.FieldAsync("pod", "bystander", ".status.containerStatuses[0].restartCount"));
    }

    [Fact]
    public async Task ImageDiskShort_ImagesThatNobodyUses_AndDeadContainersGo_NoPodDoes()
    {
        const string Ballast = "nodeagent.test/ballast:1";
        await cluster.ApplyAsync(PodOf("keeps", "exec sleep 3600"));
        await cluster.ApplyAsync(PodOf("finished", "true", "restartPolicy: Never"));
        await cluster.WaitForPodReadyAsync("keeps");
        await cluster.WaitForFieldAsync("pod", "finished", ".status.phase", "Succeeded");
        var before = Assert.Single(await ContainersAsync("keeps")).Id;

        // An image that was never seen before is too young to go: this kubelet sees it at its start.
        await cluster.ImportAsync(Ballast, 30_000_000);
        await KillKubeletAsync();
        await cluster.Daemons.StartKubeletAsync();
        await cluster.ApplyAsync(PodOf("after-the-start", "exec sleep 3600"));
        await cluster.WaitForPodReadyAsync("after-the-start");
        Assert.True(await cluster.HasImageAsync(Ballast), "the image went while there was room");

        // 140Mi have to be left of 240Mi; without the image, which takes once or twice its size, they are.
        var filler = await cluster.FillImageDiskAsync(78_000_000);
        try
        {
            await Wait.UntilAsync("the unused image to go", Patience, async () => !await cluster.HasImageAsync(Ballast), () => cluster.LogTail(NodeDaemons.KubeletName));
            await Wait.UntilAsync("the dead container to go", Patience, async () => (await ContainersAsync("finished")).Count == 0, () => cluster.LogTail(NodeDaemons.KubeletName));
            await cluster.WaitForEventAsync("EvictionThresholdMet", NodeCluster.NodeName);
            await cluster.WaitForFieldAsync("node", NodeCluster.NodeName, DiskPressure, "False", Patience);
        }
        finally
        {
            File.Delete(filler);
        }

        Assert.True(await cluster.HasImageAsync(TestImages.BusyboxName), "an image in use was removed");
        Assert.Equal(before, Assert.Single(await ContainersAsync("keeps")).Id);
        Assert.Equal("Running", await cluster.FieldAsync("pod", "keeps", ".status.phase"));
        Assert.Equal("Succeeded Completed", await cluster.FieldAsync("pod", "finished", ".status.phase") + " " + await StatusColumnAsync("finished"));
        Assert.Contains("kubelet_image_garbage_collected_total{reason=\"space\"}", await MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task PodWhoseEndNobodySaw_IsToldSo()
    {
        await cluster.ApplyAsync(PodOf("lost", "exec sleep 3600", "activeDeadlineSeconds: 20"));
        await cluster.WaitForPodReadyAsync("lost");
        var container = Assert.Single(await ContainersAsync("lost"));
        await KillKubeletAsync();
        try
        {
            // Not the sandbox: on Docker Engine its network is taken down by whoever asks, in a network namespace that is not the test's.
            await cluster.Engine.Runtime.StopContainerAsync(container.Id, TimeSpan.Zero, CancellationToken.None);
            await cluster.Engine.Runtime.RemoveContainerAsync(container.Id, CancellationToken.None);
            var started = DateTimeOffset.Parse(await cluster.FieldAsync("pod", "lost", ".status.startTime"), System.Globalization.CultureInfo.InvariantCulture);
            await Wait.UntilAsync("the pod's deadline to pass", Patience, () => Task.FromResult(DateTimeOffset.UtcNow - started > TimeSpan.FromSeconds(20)));
        }
        finally
        {
            await cluster.Daemons.StartKubeletAsync();
        }

        await cluster.WaitForFieldAsync("pod", "lost", ".status.reason", "DeadlineExceeded", Patience);
        Assert.Equal("ContainerStatusUnknown", await StatusColumnAsync("lost"));
        Assert.Equal("137", await cluster.FieldAsync("pod", "lost", ".status.containerStatuses[0].state.terminated.exitCode"));
    }

    [Fact]
    public async Task FolderOfAPodThatIsGone_IsRemoved_NothingThroughItsMounts()
    {
        var root = cluster.Daemons.Options.KubeletRoot;
        var kept = Path.Combine(cluster.Daemons.Options.Folder, "kept");
        var volume = Path.Combine(root, "pods", Guid.NewGuid().ToString(), "volumes", "kubernetes.io~empty-dir", "data");
        Directory.CreateDirectory(kept);
        Directory.CreateDirectory(volume);
        await File.WriteAllTextAsync(Path.Combine(kept, "file"), "precious");
        await Command.RunAsync("mount", ["--bind", kept, volume]);

        await Wait.UntilAsync("the folder to go", Patience, () => Task.FromResult(!Directory.Exists(Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(volume))))), () => cluster.LogTail(NodeDaemons.KubeletName));

        Assert.Equal("precious", await File.ReadAllTextAsync(Path.Combine(kept, "file")));
    }

    [Fact]
    public async Task StaticPod_OfAnAddress_IsRun_Changed_EndedAndPutBack()
    {
        cluster.Manifests.Text = StaticPod("one");
        var name = "web-" + NodeCluster.NodeName;
        await cluster.WaitForPodReadyAsync(name);
        var first = await cluster.FieldAsync("pod", name, ".metadata.annotations.kubernetes\\.io/config\\.hash");

        Assert.Equal("http", await cluster.FieldAsync("pod", name, ".metadata.annotations.kubernetes\\.io/config\\.source"));
        Assert.Contains("X-Node: small", cluster.Manifests.LastRequest, StringComparison.Ordinal);
        Assert.Equal("one", await cluster.KubectlAsync("exec", name, "--", "sh", "-c", "echo $VALUE"));

        cluster.Manifests.Text = StaticPod("two");
        await Wait.UntilAsync("the changed pod to run", Patience, async () => await cluster.FieldAsync("pod", name, ".metadata.annotations.kubernetes\\.io/config\\.hash") != first, () => cluster.LogTail(NodeDaemons.KubeletName));
        await cluster.WaitForPodReadyAsync(name);
        Assert.Equal("two", await cluster.KubectlAsync("exec", name, "--", "sh", "-c", "echo $VALUE"));

        // Put back as it was while it still ends: it has to run again, under the same UID.
        var second = Assert.Single(await ContainersAsync(name)).Id;
        cluster.Manifests.Text = "";
        await cluster.WaitForGoneAsync("pod", name);
        cluster.Manifests.Text = StaticPod("two");
        await Wait.UntilAsync("the pod to run again", Patience, async () => await ContainersAsync(name) is [{ State: ContainerState.ContainerRunning } again] && again.Id != second, () => cluster.LogTail(NodeDaemons.KubeletName));
        await cluster.WaitForPodReadyAsync(name);
        Assert.Contains("kubelet_restarted_pods_total{static=\"true\"} 1", await MetricsAsync(), StringComparison.Ordinal);

        cluster.Manifests.Text = "";
        await cluster.WaitForGoneAsync("pod", name);
    }

    [Fact]
    public async Task PodWhoseRuntimeHangs_IsToldOf_AndHoldsUpNobodyElse()
    {
        await cluster.ApplyAsync(PodOf("hangs", "exec sleep 3600"));
        await cluster.WaitForPodReadyAsync("hangs");
        var container = Assert.Single(await ContainersAsync("hangs"));
        var shim = ShimOf(container.Id) ?? ShimOf(container.PodSandboxId) ?? throw new InvalidOperationException("no shim keeps the container");
        Signals.Send(shim, Signum.SIGSTOP);
        try
        {
            await cluster.KubectlAsync("delete", "pod", "hangs", "--wait=false");
            await cluster.ApplyAsync(PodOf("beside-it", "exec sleep 3600"));
            await cluster.WaitForPodReadyAsync("beside-it");
            if (await GivesUpOnShimsAsync())
            {
                await cluster.WaitForEventAsync("FailedKillPod", "hangs");
                Assert.Contains(await cluster.EventsAsync("hangs"), e => e.Reason == "FailedKillPod" && e.Message.Contains("deadline exceeded", StringComparison.Ordinal));
            }
            else
            {
                await cluster.WaitForEventAsync("PodStuck", "hangs");
                Assert.Contains("kubelet_stuck_pod_seconds{namespace=\"default\",pod=\"hangs\",step=\"ending its containers\"}", await MetricsAsync(), StringComparison.Ordinal);
            }

            Assert.Equal("True", await cluster.FieldAsync("node", NodeCluster.NodeName, ".status.conditions[?(@.type==\"Ready\")].status"));
        }
        finally
        {
            Signals.Send(shim, Signum.SIGCONT);
        }

        await cluster.WaitForGoneAsync("pod", "hangs");
    }

    /// <summary>containerd 2 gives up on a shim that does not answer, and says so at every try; others wait.</summary>
    private async Task<bool> GivesUpOnShimsAsync() =>
        await cluster.Engine.Runtime.VersionAsync(CancellationToken.None) is { RuntimeName: "containerd" } version && version.RuntimeVersion.StartsWith("v2.", StringComparison.Ordinal);

    /// <summary>The process that keeps a container, or all of a pod's, for containerd.</summary>
    private static int? ShimOf(string id) => Directory.EnumerateDirectories("/proc")
        .Select(d => int.TryParse(Path.GetFileName(d), out var process) ? process : 0)
        .Where(process => process > 0 && CommandLineOf(process) is var words && words[0].Contains("containerd-shim", StringComparison.Ordinal) && words.Contains(id))
        .Select(process => (int?)process)
        .FirstOrDefault();

    private static string[] CommandLineOf(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").Split('\0');
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return [""];
        }
    }

    private Task KillKubeletAsync() => ManagedProcess.Find(NodeDaemons.KubeletName, cluster.Daemons.Options.Folder)!.KillAsync();

    private async Task<IReadOnlyList<Container>> ContainersAsync(string pod) =>
        [.. (await cluster.Engine.Runtime.ListContainersAsync(null, CancellationToken.None)).Where(c => c.Labels.TryGetValue("io.kubernetes.pod.name", out var name) && name == pod)];

    private Task<string> MetricsAsync() => cluster.KubectlAsync("get", "--raw", $"/api/v1/nodes/{NodeCluster.NodeName}/proxy/metrics");

    private async Task<string> StatusColumnAsync(string pod) => (await cluster.KubectlAsync("get", "pod", pod, "--no-headers")).Split(' ', StringSplitOptions.RemoveEmptyEntries)[2];

    // Not trimmed: upstream's message ends with a space.
    private async Task<string> MessageAsync(string pod) => (await cluster.Plane.KubectlAsync(["get", "pod", pod, "-o", "jsonpath={.status.message}"])).Output;

    private static string StaticPod(string value) => $$"""
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: default}
        spec:
          terminationGracePeriodSeconds: 4
          containers:
          - {name: main, image: "{{TestImages.BusyboxName}}", command: [sh, -c, 'trap "" TERM; while true; do sleep 0.2; done'], env: [{name: VALUE, value: "{{value}}" }] }
        """;

    private static string PodOf(string name, string script, string more = "") => $$"""
        apiVersion: v1
        kind: Pod
        metadata: {name: {{name}}, namespace: default}
        spec:
          terminationGracePeriodSeconds: 1
          volumes:
          - name: cache
            emptyDir: {}
          {{more}}
          containers:
          - {name: main, image: "{{TestImages.BusyboxName}}", command: [sh, -c, '{{script}}'], volumeMounts: [{name: cache, mountPath: /cache}]}
        """;
}
