using System.Diagnostics;
using System.Globalization;
using NodeAgent.ContainerRuntime.Cri;
using NodeAgent.ContainerRuntime.Host;
using NodeAgent.Testing;

namespace NodeAgent.ContainerRuntime.Tests.Cri;

public sealed class ExecCommandsTests : IDisposable
{
    private static readonly string Length = (400_000 + Environment.ProcessId).ToString(CultureInfo.InvariantCulture);
    private static readonly string[] Command = ["sleep", Length];

    private readonly Process _main = Process.Start("sleep", "300000");
    private readonly List<Process> _started = [];
    private readonly FakeTimeProvider _time = new();
    private readonly ExecCommands _commands;

    public ExecCommandsTests() => _commands = new ExecCommands(_ => Task.FromResult<int?>(_main.Id), _time);

    public void Dispose()
    {
        foreach (var process in _started.Append(_main))
        {
            process.Kill();
            process.Dispose();
        }
    }

    [Fact]
    public async Task Dispose_ItsClientStayedToTheEnd_NothingIsKilled()
    {
        var served = _commands.Begin("c", Command);
        var process = Start();

        await served.DisposeAsync();

        Assert.False(process.HasExited);
    }

    [Fact]
    public async Task Dispose_Abandoned_IsKilledButNotWhatRanBefore()
    {
        var earlier = Start();
        Thread.Sleep(20); // Two ticks of the kernel's clock.
        var served = _commands.Begin("c", Command);
        var process = Start();
        served.Abandon();

        await served.DisposeAsync();

        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(10)));
        Assert.False(earlier.HasExited);
    }

    [Fact]
    public async Task Dispose_AnotherOfTheSameIsServed_WaitsForItsEnd()
    {
        var (abandoned, other) = (_commands.Begin("c", Command), _commands.Begin("c", Command));
        var process = Start();
        abandoned.Abandon();

        await abandoned.DisposeAsync();
        Assert.False(process.HasExited);

        await other.DisposeAsync();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Dispose_CommandThatStartsAfterItsClientIsGone_IsKilledToo()
    {
        var served = _commands.Begin("c", Command);
        served.Abandon();
        var ending = served.DisposeAsync().AsTask();
        var process = Start();

        Assert.False(ending.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));

        await ending.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(10)));
    }

    private Process Start()
    {
        var process = Process.Start("setsid", Command);
        _started.Add(process);
        SpinWait.SpinUntil(() => ProcessStat.Read(process.Id)?.Session == process.Id && File.ReadAllText($"/proc/{process.Id}/cmdline").StartsWith("sleep", StringComparison.Ordinal), TimeSpan.FromSeconds(10));
        return process;
    }
}
