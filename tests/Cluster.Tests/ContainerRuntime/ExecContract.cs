using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using NodeAgent.ContainerRuntime;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.ContainerRuntime;

/// <summary>The part of the contract that is about commands in containers and about what containers write.</summary>
public abstract partial class ExecContract(IEngineFixture engine)
{
    private static CancellationToken None => CancellationToken.None;

    [Fact]
    public async Task ExecSync_Command_OutputsAndExitCode()
    {
        await using var pod = await RunningPod.StartAsync(engine, "exec");
        var id = await pod.RunAsync(Pods.Container("main", "sleep", "600"));

        var result = await engine.Runtime.ExecSyncAsync(id, ["sh", "-c", "echo out; echo err >&2; exit 3"], TimeSpan.FromSeconds(20), None);

        Assert.Equal("out\n", result.Stdout.ToStringUtf8());
        Assert.Equal("err\n", result.Stderr.ToStringUtf8());
        Assert.Equal(3, result.ExitCode);
    }

    [Fact]
    public async Task ExecSync_TooLong_TimeoutAndTheCommandIsKilled()
    {
        await using var pod = await RunningPod.StartAsync(engine, "exec-timeout");
        var id = await pod.RunAsync(Pods.Container("main", "sleep", "600"));
        var watch = Stopwatch.StartNew();

        await Assert.ThrowsAsync<TimeoutException>(() => engine.Runtime.ExecSyncAsync(id, ["sleep", "555"], TimeSpan.FromSeconds(1), None));

        Assert.InRange(watch.Elapsed.TotalSeconds, 0.9, 10);
        await Wait.UntilAsync("the command to be gone", TimeSpan.FromSeconds(10), async () =>
            !(await engine.Runtime.ExecSyncAsync(id, ["ps"], TimeSpan.FromSeconds(20), None)).Stdout.ToStringUtf8().Contains("sleep 555", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ExecSync_UnknownContainer_NotFound()
    {
        var error = await Assert.ThrowsAsync<RuntimeException>(() =>
            engine.Runtime.ExecSyncAsync("0123456789abcdef", ["true"], TimeSpan.FromSeconds(5), None));

        Assert.Equal(RuntimeErrorCode.NotFound, error.Code);
    }

    [Fact]
    public async Task Logs_BothStreams_AreInCriFormat()
    {
        await using var pod = await RunningPod.StartAsync(engine, "logs");
        var config = Pods.Shell("main", "echo one; echo two >&2; printf 'no newline'");

        await pod.ExitedAsync(await pod.RunAsync(config));

        var path = pod.LogPath(config);
        await Wait.UntilAsync("three lines in the log", TimeSpan.FromSeconds(10), async () => (await engine.ReadLogAsync(path)).Length == 3);
        var lines = (await engine.ReadLogAsync(path)).Select(line => CriLine().Match(line)).ToArray();
        Assert.All(lines, match => Assert.True(match.Success));
        Assert.All(lines, match => Assert.Equal(
            DateTimeOffset.UtcNow.UtcDateTime, DateTimeOffset.Parse(match.Groups["time"].Value, CultureInfo.InvariantCulture).UtcDateTime, TimeSpan.FromMinutes(2)));
        var contents = lines.Select(match => $"{match.Groups["stream"]} {match.Groups["tag"]} {match.Groups["text"]}").Order(StringComparer.Ordinal);
        Assert.Equal(["stderr F two", "stdout F one", "stdout P no newline"], contents.Select(c => c.Replace("stdout F no newline", "stdout P no newline", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task ReopenLog_FileWasRenamed_NewLinesGoToANewFile()
    {
        await using var pod = await RunningPod.StartAsync(engine, "reopen");
        var config = Pods.Shell("main", "i=0; while true; do i=$((i+1)); echo line $i; sleep 0.1; done");
        var id = await pod.RunAsync(config);
        var path = pod.LogPath(config);
        await Wait.UntilAsync("the first lines", TimeSpan.FromSeconds(10), async () => (await engine.ReadLogAsync(path)).Length > 0);

        File.Move(path, path + ".1");
        await engine.Runtime.ReopenContainerLogAsync(id, None);

        await Wait.UntilAsync("lines in the new file", TimeSpan.FromSeconds(10), async () => File.Exists(path) && (await engine.ReadLogAsync(path)).Length > 0);
    }

    [GeneratedRegex(@"^(?<time>\S+) (?<stream>stdout|stderr) (?<tag>[FP]) (?<text>.*)$")]
    private static partial Regex CriLine();
}
