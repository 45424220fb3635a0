using System.Globalization;
using System.Text.Json;
using NodeAgent.ContainerRuntime;
using NodeAgent.ContainerRuntime.V1;
using NodeAgent.DevCluster.Containers;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.ContainerRuntime;

/// <summary>What is Docker Engine's own beside the contract: what is kept where, rotation of json-file logs, CNI run by this process.</summary>
[Trait("Category", "Cluster"), Collection(DockerTests.Group)]
public sealed class DockerEngineTests(DockerFixture engine)
{
    private static CancellationToken None => CancellationToken.None;

    [Fact]
    public async Task NewProcess_RunningPod_ReadsEverythingBack()
    {
        await using var pod = await RunningPod.StartAsync(engine, "readback");
        var id = await pod.RunAsync(Pods.Container("main", "sleep", "600"));
        using var later = DockerHost.CreateClient(engine.Options, TimeSpan.FromSeconds(20));

        var sandbox = await later.Runtime.PodSandboxStatusAsync(pod.Id, None);
        var listed = await later.Runtime.ListPodSandboxAsync(new PodSandboxFilter { Id = pod.Id }, None);
        var container = (await later.Runtime.ContainerStatusAsync(id, false, None)).Status;

        Assert.Equal(await engine.Runtime.PodSandboxStatusAsync(pod.Id, None), sandbox);
        Assert.Equal(sandbox.CreatedAt, Assert.Single(listed).CreatedAt);
        Assert.Equal(await pod.StatusAsync(id), container);
    }

    [Fact]
    public async Task EngineRestarts_RunningPod_KeepsItsDnsAndItsAddress()
    {
        await using var pod = await RunningPod.StartAsync(engine, "restarted");
        var id = await pod.RunAsync(Pods.Container("main", "sleep", "600"));
        var before = await engine.Runtime.PodSandboxStatusAsync(pod.Id, None);

        await engine.StopEngineAsync();
        await engine.StartEngineAsync();

        var resolv = await engine.Runtime.ExecSyncAsync(id, ["cat", "/etc/resolv.conf"], TimeSpan.FromSeconds(20), None);
        Assert.Equal("nameserver 10.96.0.10\nsearch contract.svc.cluster.local svc.cluster.local\noptions ndots:5\n", resolv.Stdout.ToStringUtf8());
        Assert.Equal(before, await engine.Runtime.PodSandboxStatusAsync(pod.Id, None));
    }

    [Fact]
    public async Task Stop_PauseContainerRemovedByHand_AddressIsGivenBack()
    {
        await using var pod = await RunningPod.StartAsync(engine, "byhand");
        var ip = (await engine.Runtime.PodSandboxStatusAsync(pod.Id, None)).Network.Ip;
        var lease = Path.Combine(engine.Options.Folder, "cni", "data", engine.Options.Bridge, ip);
        Assert.True(File.Exists(lease));

        await engine.Host.DockerAsync("rm", "--force", pod.Id);
        await engine.Runtime.StopPodSandboxAsync(pod.Id, None);

        Assert.False(File.Exists(lease));
    }

    [Fact]
    public async Task NewProcess_SandboxRemovedWhileItWasAway_AddressIsGivenBack()
    {
        var pod = await RunningPod.StartAsync(engine, "whileaway");
        var ip = (await engine.Runtime.PodSandboxStatusAsync(pod.Id, None)).Network.Ip;
        var lease = Path.Combine(engine.Options.Folder, "cni", "data", engine.Options.Bridge, ip);
        await engine.Host.DockerAsync("rm", "--force", pod.Id);
        using var later = DockerHost.CreateClient(engine.Options, TimeSpan.FromSeconds(20));

        await later.Runtime.ListPodSandboxAsync(null, None);

        Assert.False(File.Exists(lease));
        await pod.DisposeAsync();
    }

    [Fact]
    public async Task Run_NetworkFails_LeavesNothingBehind()
    {
        var conf = Path.Combine(engine.Options.CniConfigFolder, "00-broken.conflist");
        await File.WriteAllTextAsync(conf, """{"cniVersion":"0.4.0","name":"broken","plugins":[{"type":"bridge","bridge":"na-broken-and-too-long-a-name","ipam":{"type":"host-local"}}]}""");
        try
        {
            var config = Pods.Sandbox(engine, "broken");

            var error = await Assert.ThrowsAsync<RuntimeException>(() => engine.Runtime.RunPodSandboxAsync(config, "", None));

            Assert.Contains("contract/broken", error.Message, StringComparison.Ordinal);
            Assert.Contains("bridge", error.Message, StringComparison.Ordinal);
            Assert.Empty(await engine.Runtime.ListPodSandboxAsync(new PodSandboxFilter { LabelSelector = { ["io.kubernetes.pod.name"] = "broken" } }, None));
        }
        finally
        {
            File.Delete(conf);
        }
    }

    [Fact]
    public async Task ReopenLog_WhileWriting_EveryLineIsInOneOfTheFiles()
    {
        await using var pod = await RunningPod.StartAsync(engine, "rotate");
        var config = Pods.Shell("main", "i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo line $i; sleep 0.01; done");
        var id = await pod.RunAsync(config);
        var path = pod.LogPath(config);

        for (var round = 1; round <= 3; round++)
        {
            await Task.Delay(400);
            File.Move(path, string.Create(CultureInfo.InvariantCulture, $"{path}.2026112{round}-000000"));
            await engine.Runtime.ReopenContainerLogAsync(id, None);
        }

        await pod.ExitedAsync(id);
        var lines = new List<string>();
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(path)!).Order(StringComparer.Ordinal).Skip(1).Append(path))
        {
            lines.AddRange((await engine.ReadLogAsync(file)).Select(line => line.Split(' ', 4)[3]));
        }

        Assert.Equal(4, Directory.GetFiles(Path.GetDirectoryName(path)!).Length);
        Assert.Equal(Enumerable.Range(1, 300).Select(i => string.Create(CultureInfo.InvariantCulture, $"line {i}")), lines);
    }

    [Fact]
    public async Task SandboxStats_RunningPod_CountItsContainersAndItsNetwork()
    {
        await using var pod = await RunningPod.StartAsync(engine, "podstats");
        await pod.RunAsync(Pods.Shell("main", "while true; do :; done"));
        PodSandboxStats? stats = null;

        await Wait.UntilAsync("the pod's CPU to be measured twice", TimeSpan.FromSeconds(20), async () =>
        {
            stats = (await engine.Runtime.ListPodSandboxStatsAsync(new PodSandboxStatsFilter { Id = pod.Id }, None)).SingleOrDefault();
            return stats?.Linux.Cpu.UsageNanoCores?.Value > 0;
        });

        Assert.Equal("main", Assert.Single(stats!.Linux.Containers).Attributes.Metadata.Name);
        Assert.Equal("eth0", stats.Linux.Network.DefaultInterface.Name);
        Assert.True(stats.Linux.Memory.WorkingSetBytes.Value > 0);
        Assert.NotNull(stats.Linux.Containers[0].WritableLayer);
    }

    [Fact]
    public async Task HungCall_OthersGoOn()
    {
        await using var pod = await RunningPod.StartAsync(engine, "hung");
        var stubborn = await pod.RunAsync(Pods.Shell("main", "trap '' TERM; while true; do sleep 0.1; done"));

        var stopping = engine.Runtime.StopContainerAsync(stubborn, TimeSpan.FromSeconds(5), None);
        var states = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => engine.Runtime.ListContainersAsync(null, None)));

        Assert.False(stopping.IsCompleted);
        Assert.All(states, containers => Assert.Contains(containers, c => c.Id == stubborn));
        await stopping;
    }

    [Fact]
    public async Task Create_SharedPidNamespace_PauseIsTheFirstProcess()
    {
        await using var pod = await RunningPod.StartAsync(engine, "sharedpid");
        var config = Pods.Container("main", "sleep", "600");
        config.Linux.SecurityContext.NamespaceOptions.Pid = NamespaceMode.Pod;
        var id = await pod.RunAsync(config);

        var first = await engine.Runtime.ExecSyncAsync(id, ["cat", "/proc/1/comm"], TimeSpan.FromSeconds(20), None);

        Assert.Equal("pause\n", first.Stdout.ToStringUtf8());
    }

    [Fact]
    public async Task Create_NameLeftByABrokenAttempt_IsTakenOver()
    {
        await using var pod = await RunningPod.StartAsync(engine, "again");
        var config = Pods.Container("main", "sleep", "600");
        var lost = await engine.Runtime.CreateContainerAsync(pod.Id, config, pod.Config, None);

        var id = await engine.Runtime.CreateContainerAsync(pod.Id, config, pod.Config, None);
        await engine.Runtime.StartContainerAsync(id, None);
        var taken = await Assert.ThrowsAsync<RuntimeException>(() => engine.Runtime.CreateContainerAsync(pod.Id, config, pod.Config, None));

        Assert.NotEqual(lost, id);
        Assert.Equal(RuntimeErrorCode.AlreadyExists, taken.Code);
        Assert.Equal(ContainerState.ContainerRunning, (await pod.StatusAsync(id)).State);
    }

    [Fact]
    public async Task Info_Engine_ItsOwnLogIsUntouchedByRotationOfTheEngine()
    {
        await using var pod = await RunningPod.StartAsync(engine, "logopts");
        var id = await pod.RunAsync(Pods.Container("main", "sleep", "600"));

        using var inspect = JsonDocument.Parse((await engine.Host.DockerAsync("inspect", id)).Output);

        Assert.Equal("json-file", inspect.RootElement[0].GetProperty("HostConfig").GetProperty("LogConfig").GetProperty("Type").GetString());
        Assert.Equal(inspect.RootElement[0].GetProperty("LogPath").GetString(), new FileInfo((await pod.StatusAsync(id)).LogPath).LinkTarget);
    }
}
