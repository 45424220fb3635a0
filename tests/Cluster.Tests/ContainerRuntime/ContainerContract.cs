using System.Diagnostics;
using NodeAgent.ContainerRuntime;
using NodeAgent.ContainerRuntime.V1;
using NodeAgent.DevCluster.Images;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.ContainerRuntime;

/// <summary>The part of the contract that is about the life of containers.</summary>
public abstract class ContainerContract(IEngineFixture engine)
{
    private static CancellationToken None => CancellationToken.None;

    [Fact]
    public async Task Life_CreatedRunningExited_EachStateIsSeen()
    {
        await using var pod = await RunningPod.StartAsync(engine, "life");
        var config = Pods.Shell("main", "sleep 600");
        Directory.CreateDirectory(Path.GetDirectoryName(pod.LogPath(config))!);

        var id = await engine.Runtime.CreateContainerAsync(pod.Id, config, pod.Config, None);
        var created = await pod.StatusAsync(id);
        await engine.Runtime.StartContainerAsync(id, None);
        var running = await pod.StatusAsync(id);
        await engine.Runtime.StopContainerAsync(id, TimeSpan.Zero, None);
        var exited = await pod.StatusAsync(id);

        Assert.Equal(ContainerState.ContainerCreated, created.State);
        Assert.Equal(ContainerState.ContainerRunning, running.State);
        Assert.True(running.StartedAt >= created.CreatedAt && created.CreatedAt > 0);
        Assert.Equal(ContainerState.ContainerExited, exited.State);
        Assert.Equal(137, exited.ExitCode);
        Assert.True(exited.FinishedAt >= running.StartedAt);
        Assert.Equal(config.Metadata, exited.Metadata);
        Assert.Equal(config.Labels, exited.Labels);
        Assert.Equal(config.Annotations, exited.Annotations);
        Assert.Equal(pod.LogPath(config), exited.LogPath);
        Assert.NotEmpty(exited.ImageRef);
        Assert.NotEmpty(exited.Image.Image);
    }

    [Theory]
    [InlineData("exit 0", 0, "Completed")]
    [InlineData("exit 7", 7, "Error")]
    public async Task Exit_Code_IsKept(string script, int code, string reason)
    {
        await using var pod = await RunningPod.StartAsync(engine, "exit");

        var status = await pod.ExitedAsync(await pod.RunAsync(Pods.Shell("main", script)));

        Assert.Equal(code, status.ExitCode);
        Assert.Equal(reason, status.Reason);
    }

    [Fact]
    public async Task Exit_OverMemoryLimit_OomKilled()
    {
        await using var pod = await RunningPod.StartAsync(engine, "oom");
        var config = Pods.Shell("main", "tail /dev/zero");
        config.Linux.Resources.MemoryLimitInBytes = 32 << 20;

        var status = await pod.ExitedAsync(await pod.RunAsync(config));

        Assert.Equal("OOMKilled", status.Reason);
        Assert.Equal(137, status.ExitCode);
    }

    [Fact]
    public async Task Start_NoSuchProgram_FailsAndContainerIsExited()
    {
        await using var pod = await RunningPod.StartAsync(engine, "nosuch");
        var config = Pods.Container("main", "/no/such/program");
        Directory.CreateDirectory(Path.GetDirectoryName(pod.LogPath(config))!);
        var id = await engine.Runtime.CreateContainerAsync(pod.Id, config, pod.Config, None);

        var error = await Assert.ThrowsAsync<RuntimeException>(() => engine.Runtime.StartContainerAsync(id, None));

        Assert.Contains("/no/such/program", error.Message, StringComparison.Ordinal);
        var status = await pod.StatusAsync(id);
        Assert.Equal(ContainerState.ContainerExited, status.State);
        Assert.NotEqual(0, status.ExitCode);
    }

    [Fact]
    public async Task Stop_ContainerHandlesSigterm_ItsOwnExitCodeAndNoWaiting()
    {
        await using var pod = await RunningPod.StartAsync(engine, "term");
        var id = await pod.RunAsync(Pods.Shell("main", "trap 'exit 5' TERM; echo ready >/tmp/ready; while true; do sleep 0.1; done"));
        await ReadyAsync(id);
        var watch = Stopwatch.StartNew();

        await engine.Runtime.StopContainerAsync(id, TimeSpan.FromSeconds(30), None);

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"took {watch.Elapsed}");
        Assert.Equal(5, (await pod.StatusAsync(id)).ExitCode);
    }

    [Fact]
    public async Task Stop_ContainerIgnoresSigterm_KilledAfterTheGracePeriod()
    {
        await using var pod = await RunningPod.StartAsync(engine, "stubborn");
        var id = await pod.RunAsync(Pods.Shell("main", "trap '' TERM; echo ready >/tmp/ready; while true; do sleep 0.1; done"));
        await ReadyAsync(id);
        var watch = Stopwatch.StartNew();

        await engine.Runtime.StopContainerAsync(id, TimeSpan.FromSeconds(2), None);

        Assert.InRange(watch.Elapsed.TotalSeconds, 1.8, 12);
        Assert.Equal(137, (await pod.StatusAsync(id)).ExitCode);
        await engine.Runtime.StopContainerAsync(id, TimeSpan.FromSeconds(2), None);
    }

    [Fact]
    public async Task Remove_Container_IsGoneAndRemoveAgainIsFine()
    {
        await using var pod = await RunningPod.StartAsync(engine, "remove");
        var id = await pod.RunAsync(Pods.Shell("main", "exit 0"));
        await pod.ExitedAsync(id);

        await engine.Runtime.RemoveContainerAsync(id, None);
        await engine.Runtime.RemoveContainerAsync(id, None);

        var error = await Assert.ThrowsAsync<RuntimeException>(() => engine.Runtime.ContainerStatusAsync(id, false, None));
        Assert.Equal(RuntimeErrorCode.NotFound, error.Code);
    }

    [Fact]
    public async Task Create_ConfigOfProcess_IsApplied()
    {
        await using var pod = await RunningPod.StartAsync(engine, "config");
        var shared = Path.Combine(pod.Config.LogDirectory, "shared");
        Directory.CreateDirectory(shared);
        await File.WriteAllTextAsync(Path.Combine(shared, "in"), "from the host");
        var config = Pods.Container("main", "sh", "-c");
        config.Args.Add("echo $GREETING; pwd; id -u; cat /data/in; touch /data/new 2>/dev/null || echo read-only; touch /x 2>/dev/null || echo fixed");
        config.With("GREETING", "hello = you");
        config.WorkingDir = "/tmp";
        config.Mounts.Add(new Mount { HostPath = shared, ContainerPath = "/data", Readonly = true });
        config.Linux.SecurityContext.RunAsUser = new Int64Value { Value = 65534 };
        config.Linux.SecurityContext.ReadonlyRootfs = true;

        await pod.ExitedAsync(await pod.RunAsync(config));

        var lines = (await engine.ReadLogAsync(pod.LogPath(config))).Select(line => line.Split(' ', 4)[3]);
        Assert.Equal(["hello = you", "/tmp", "65534", "from the hostread-only", "fixed"], lines);
    }

    [Fact]
    public async Task Create_UnknownImage_NotFound()
    {
        await using var pod = await RunningPod.StartAsync(engine, "noimage");
        var config = Pods.Container("main", "true");
        config.Image.Image = "nodeagent.test/no-such-image:1";

        var error = await Assert.ThrowsAsync<RuntimeException>(() => engine.Runtime.CreateContainerAsync(pod.Id, config, pod.Config, None));

        Assert.Equal(RuntimeErrorCode.NotFound, error.Code);
    }

    [Fact]
    public async Task List_Filters_ChooseBySandbox_ByState_ByLabel()
    {
        await using var one = await RunningPod.StartAsync(engine, "filter-one");
        await using var two = await RunningPod.StartAsync(engine, "filter-two");
        var running = await one.RunAsync(Pods.Container("stays", "sleep", "600"));
        var exited = await one.RunAsync(Pods.Shell("goes", "exit 0"));
        var other = await two.RunAsync(Pods.Container("stays", "sleep", "600"));
        await one.ExitedAsync(exited);

        var inOne = await engine.Runtime.ListContainersAsync(new ContainerFilter { PodSandboxId = one.Id }, None);
        var alive = await engine.Runtime.ListContainersAsync(
            new ContainerFilter { PodSandboxId = one.Id, State = new ContainerStateValue { State = ContainerState.ContainerRunning } }, None);
        var named = await engine.Runtime.ListContainersAsync(new ContainerFilter { LabelSelector = { ["io.kubernetes.container.name"] = "stays" } }, None);

        Assert.Equal([exited, running], inOne.Select(c => c.Id).Order(StringComparer.Ordinal).OrderBy(id => id == running));
        Assert.Equal(running, Assert.Single(alive).Id);
        Assert.Equal(one.Id, alive[0].PodSandboxId);
        Assert.Equal(2, named.Count(c => c.Id == running || c.Id == other));
        Assert.DoesNotContain(named, c => c.Id == exited);
    }

    [Fact]
    public async Task Stats_RunningContainer_CpuAndMemoryAreTold()
    {
        await using var pod = await RunningPod.StartAsync(engine, "stats");
        var id = await pod.RunAsync(Pods.Shell("main", "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; sleep 600"));

        ContainerStats? stats = null;
        await Wait.UntilAsync("stats with CPU time and memory", TimeSpan.FromSeconds(20), async () =>
            (stats = await engine.Runtime.ContainerStatsAsync(id, None)) is { Cpu.UsageCoreNanoSeconds.Value: > 0, Memory.WorkingSetBytes.Value: > 0 });
        var listed = await engine.Runtime.ListContainerStatsAsync(new ContainerStatsFilter { PodSandboxId = pod.Id }, None);

        Assert.Equal("main", stats!.Attributes.Metadata.Name);
        Assert.Equal(id, Assert.Single(listed).Attributes.Id);
    }

    [Fact]
    public async Task UpdateResources_RunningContainer_NewLimitIsInItsCgroup()
    {
        await using var pod = await RunningPod.StartAsync(engine, "resize");
        var config = Pods.Container("main", "sleep", "600");
        config.Linux.Resources.MemoryLimitInBytes = 64 << 20;
        var id = await pod.RunAsync(config);

        await engine.Runtime.UpdateContainerResourcesAsync(
            new UpdateContainerResourcesRequest { ContainerId = id, Linux = new LinuxContainerResources { MemoryLimitInBytes = 96 << 20 } }, None);

        var limits = CgroupFolders.Of(engine.CgroupParent)
            .SelectMany(f => Directory.GetFiles(f, "memory.limit_in_bytes", SearchOption.AllDirectories).Concat(Directory.GetFiles(f, "memory.max", SearchOption.AllDirectories)))
            .Select(f => File.ReadAllText(f).Trim());
        Assert.Contains((96 << 20).ToString(System.Globalization.CultureInfo.InvariantCulture), limits);
    }

    [Fact]
    public async Task Image_OfContainer_IsTheOneAskedFor()
    {
        await using var pod = await RunningPod.StartAsync(engine, "image");
        var id = await pod.RunAsync(Pods.Container("main", "sleep", "600"));

        var image = await engine.Images.ImageStatusAsync(new ImageSpec { Image = TestImages.BusyboxName }, None);
        var status = await pod.StatusAsync(id);

        Assert.NotNull(image);
        Assert.Contains(status.ImageRef, image.RepoDigests.Append(image.Id));
    }

    private Task ReadyAsync(string id) => Wait.UntilAsync("the container's trap to be set", TimeSpan.FromSeconds(10), async () =>
        (await engine.Runtime.ExecSyncAsync(id, ["test", "-e", "/tmp/ready"], TimeSpan.FromSeconds(5), None)).ExitCode == 0);
}
