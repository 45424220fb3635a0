using NodeAgent.Hosting.Config;
using NodeAgent.Hosting.Lifecycle;
using NodeAgent.Hosting.Metrics;

namespace NodeAgent.Hosting.Tests.Lifecycle;

public class DaemonTests
{
    private static readonly DaemonDefinition<string> Definition = new("kube-test", "A daemon for tests.")
    {
        Declare = flags =>
        {
            var name = flags.String("name", "x", "A name.");
            return warnings =>
            {
                warnings.Add("a warning");
                return name.Value == "bad" ? throw new ConfigException("the configuration cannot be used", ["a.yaml:1:1: one", "a.yaml:2:1: two"]) : name.Value;
            };
        },
    };

    private readonly StringWriter _out = new();
    private readonly StringWriter _err = new();

    private Task<int> Run(Func<DaemonContext<string>, Task<int>> run, params string[] args) =>
        Daemon.RunAsync(Definition, args, run, _out, _err, new MetricsRegistry(), TimeProvider.System);

    private static Task<int> MustNotRun(DaemonContext<string> context) => throw new InvalidOperationException("the daemon ran");

    [Fact]
    public async Task RunAsync_Version_PrintsWhatKubeadmParses()
    {
        Assert.Equal(0, await Run(MustNotRun, "--version"));
        Assert.Matches("^Kubernetes v1\\.[0-9]+\\.[0-9]+\n$", _out.ToString());
        Assert.Equal("Kubernetes v1.36.2\n", _out.ToString());
    }

    [Fact]
    public async Task RunAsync_Help_PrintsAndEnds()
    {
        Assert.Equal(0, await Run(MustNotRun, "--help"));
        Assert.Contains("--name string (default \"x\")", _out.ToString());
        Assert.Contains("-v, --v int", _out.ToString());
    }

    [Fact]
    public async Task RunAsync_UnknownFlag_EndsWithOne()
    {
        Assert.Equal(1, await Run(MustNotRun, "--nane=x"));
        Assert.Equal("Error: unknown flag: --nane; did you mean --name?\nSee 'kube-test --help' for usage.\n", _err.ToString());
    }

    [Fact]
    public async Task RunAsync_BadConfig_ListsEveryErrorAndEndsWithOne()
    {
        Assert.Equal(1, await Run(MustNotRun, "--name=bad"));
        Assert.Equal("Error: the configuration cannot be used: 2 errors:\n  a.yaml:1:1: one\n  a.yaml:2:1: two\n", _err.ToString());
    }

    [Fact]
    public async Task RunAsync_StopIsAskedFor_EndsPartsInReverseAndGivesZero()
    {
        var ended = new List<string>();
        Assert.Equal(0, await Run(context =>
        {
            context.Supervisor.Run("loop", async token =>
            {
                try
                {
                    await Task.Delay(Timeout.Infinite, token);
                }
                finally
                {
                    ended.Add("loop");
                }
            });
            context.OnStop("server", _ =>
            {
                ended.Add("server");
                return Task.CompletedTask;
            });
            context.OnStop("broken", _ => throw new IOException("x"));
            context.OnStop("lease", _ =>
            {
                ended.Add("lease");
                return Task.CompletedTask;
            });
            context.Stop(StopReason.Asked("test"));
            return context.RunUntilStoppedAsync();
        }));
        Assert.Equal(["loop", "lease", "server"], ended);
    }

    [Fact]
    public async Task RunAsync_LoopDies_EndsWithOne() =>
        Assert.Equal(1, await Run(context =>
        {
            context.Supervisor.Run("loop", _ => throw new IOException("dead"));
            return context.RunUntilStoppedAsync();
        }));

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public async Task RunAsync_EndDuringTheStart_DoesNotWaitForTheStart(bool loopDies, int expected) =>
        Assert.Equal(expected, await Run(async context =>
        {
            if (loopDies)
            {
                context.Supervisor.Run("loop", _ => throw new IOException("dead"));
            }
            else
            {
                context.Stop(StopReason.Asked("test"));
            }

            await Task.Delay(Timeout.Infinite, context.Stopping);
            return await context.RunUntilStoppedAsync();
        }));

    [Fact]
    public async Task RunAsync_RunThrows_EndsWithOne() => Assert.Equal(1, await Run(_ => throw new IOException("no kubeconfig")));

    [Fact]
    public async Task Handle_Signals_ReloadDumpStopAndForce()
    {
        var exits = new List<int>();
        using var signals = new DaemonSignals(exits.Add);
        var seen = new List<string>();
        signals.OnReload(_ =>
        {
            seen.Add("reload");
            throw new IOException("bad file");
        });
        signals.OnDump(() =>
        {
            seen.Add("dump");
            return "state";
        });
        using var stop = new CancellationTokenSource();
        var loop = signals.RunAsync(Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, new SystemdNotifier(null), stop.Token);
        signals.Handle(System.Runtime.InteropServices.PosixSignal.SIGHUP);
        signals.Handle((System.Runtime.InteropServices.PosixSignal)12);
        await Eventually.True(() => seen.Count == 2, "both are served");
        Assert.Equal(["reload", "dump"], seen);
        signals.Handle(System.Runtime.InteropServices.PosixSignal.SIGTERM);
        Assert.Equal("SIGTERM", await signals.StopRequested);
        Assert.Empty(exits);
        signals.Handle(System.Runtime.InteropServices.PosixSignal.SIGINT);
        Assert.Equal([ExitCodes.Forced], exits);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop);
    }
}
