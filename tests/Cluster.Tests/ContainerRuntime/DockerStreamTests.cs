using NodeAgent.ContainerRuntime;
using NodeAgent.ContainerRuntime.V1;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.ContainerRuntime;

/// <summary>Docker has no streaming server: the streams of exec, attach and port-forward end in this process.</summary>
[Trait("Category", "Cluster"), Collection(DockerTests.Group)]
public sealed class DockerStreamTests(DockerFixture engine)
{
    private static CancellationToken None => CancellationToken.None;

    [Fact]
    public async Task Exec_StdinUntilItsEnd_BothOutputsAndExitCode()
    {
        await using var pod = await RunningPod.StartAsync(engine, "stream-exec");
        var id = await pod.RunAsync(Pods.Container("main", "sleep", "600"));
        await using var process = await ExecAsync(new ExecRequest { ContainerId = id, Cmd = { "sh", "-c", "wc -c; echo wrong >&2; exit 4" }, Stdin = true, Stdout = true, Stderr = true });
        var stdout = new StreamReader(process.Stdout!).ReadToEndAsync();
        var stderr = new StreamReader(process.Stderr!).ReadToEndAsync();

        var chunk = new byte[64 * 1024];
        for (var i = 0; i < 32; i++)
        {
            await process.Stdin!.WriteAsync(chunk);
        }

        await process.Stdin!.DisposeAsync();

        Assert.Equal("2097152", (await stdout.WaitAsync(TimeSpan.FromSeconds(20))).Trim());
        Assert.Equal("wrong\n", await stderr);
        Assert.Equal(4, await process.ExitCode.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Exec_MuchOutput_ComesWhole()
    {
        await using var pod = await RunningPod.StartAsync(engine, "stream-much");
        var id = await pod.RunAsync(Pods.Container("main", "sleep", "600"));
        await using var process = await ExecAsync(new ExecRequest { ContainerId = id, Cmd = { "head", "-c", "20000000", "/dev/zero" }, Stdout = true, Stderr = true });

        var buffer = new byte[100_000];
        var total = 0L;
        for (int count; (count = await process.Stdout!.ReadAsync(buffer)) > 0;)
        {
            total += count;
        }

        Assert.Equal(20_000_000, total);
        Assert.Equal(0, await process.ExitCode.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Exec_Terminal_HasTheSizeItIsGiven()
    {
        await using var pod = await RunningPod.StartAsync(engine, "stream-tty");
        var id = await pod.RunAsync(Pods.Container("main", "sleep", "600"));
        await using var process = await ExecAsync(new ExecRequest { ContainerId = id, Cmd = { "sh" }, Tty = true, Stdin = true, Stdout = true });
        Assert.Null(process.Stderr);

        await process.ResizeAsync(123, 45, None);
        await process.Stdin!.WriteAsync("stty size; exit 6\n"u8.ToArray());
        var output = await new StreamReader(process.Stdout!).ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Contains("45 123", output, StringComparison.Ordinal);
        Assert.Equal(6, await process.ExitCode.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Exec_TerminalCtrlP_ReachesTheProcessAtOnce()
    {
        await using var pod = await RunningPod.StartAsync(engine, "stream-keys");
        var id = await pod.RunAsync(Pods.Container("main", "sleep", "600"));
        await using var process = await ExecAsync(new ExecRequest { ContainerId = id, Cmd = { "sh", "-c", "stty raw -echo; echo ready; head -c 1 | hexdump -C" }, Tty = true, Stdin = true, Stdout = true });
        using var output = new StreamReader(process.Stdout!);
        Assert.StartsWith("ready", await output.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)), StringComparison.Ordinal);

        await process.Stdin!.WriteAsync(new byte[] { 0x10 });

        Assert.Contains("10", await output.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_ClientGoes_ProcessIsKilled()
    {
        await using var pod = await RunningPod.StartAsync(engine, "stream-gone");
        var id = await pod.RunAsync(Pods.Container("main", "sleep", "600"));
        var process = await ExecAsync(new ExecRequest { ContainerId = id, Cmd = { "sleep", "444" }, Stdout = true });

        await process.DisposeAsync();

        await Wait.UntilAsync("the command to be gone", TimeSpan.FromSeconds(10), async () =>
            !(await engine.Runtime.ExecSyncAsync(id, ["ps"], TimeSpan.FromSeconds(20), None)).Stdout.ToStringUtf8().Contains("sleep 444", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Exec_NoSuchProgram_IsAnError()
    {
        await using var pod = await RunningPod.StartAsync(engine, "stream-nosuch");
        var id = await pod.RunAsync(Pods.Container("main", "sleep", "600"));

        var error = await Assert.ThrowsAsync<RuntimeException>(() => engine.Runtime.ExecSyncAsync(id, ["/no/such/program"], TimeSpan.FromSeconds(10), None));

        Assert.Contains("/no/such/program", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Attach_InteractiveContainer_StdinReachesItAndItsOutputComes()
    {
        await using var pod = await RunningPod.StartAsync(engine, "stream-attach");
        var config = Pods.Container("main", "cat");
        config.Stdin = true;
        config.StdinOnce = true;
        var id = await pod.RunAsync(config);
        await using var process = Local(await engine.Runtime.AttachAsync(new AttachRequest { ContainerId = id, Stdin = true, Stdout = true, Stderr = true }, None));

        await process.Stdin!.WriteAsync("hello\n"u8.ToArray());
        await process.Stdin.DisposeAsync();

        Assert.Equal("hello\n", await new StreamReader(process.Stdout!).ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(0, await process.ExitCode.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(0, (await pod.ExitedAsync(id)).ExitCode);
    }

    private async Task<IContainerProcess> ExecAsync(ExecRequest request) => Local(await engine.Runtime.ExecAsync(request, None));

    private static IContainerProcess Local(StreamTarget target) => Assert.IsType<LocalProcess>(target).Process;
}
