using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace NodeAgent.Hosting.Lifecycle;

/// <summary>The signals of a daemon: SIGTERM and SIGINT stop it, a second one ends it on the spot, SIGHUP reloads, SIGUSR2 dumps its state.</summary>
internal sealed partial class DaemonSignals(Action<int> exit) : IDisposable
{
    // .NET takes raw numbers for signals that PosixSignal does not name; 12 is SIGUSR2 on Linux.
    private const PosixSignal SigUsr2 = (PosixSignal)12;

    // A reload or dump that is asked for while one waits is the same one.
    private readonly Channel<PosixSignal> _work = Channel.CreateBounded<PosixSignal>(new BoundedChannelOptions(4) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly TaskCompletionSource<string> _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly List<Func<CancellationToken, Task>> _reloads = [];
    private readonly List<Func<string>> _dumps = [];

    /// <summary>Completes, with the signal's name, when a stop is asked for.</summary>
    public Task<string> StopRequested => _stop.Task;

    public void Listen()
    {
        foreach (var signal in new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP, SigUsr2 })
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                Handle(signal);
            }));
        }
    }

    public void OnReload(Func<CancellationToken, Task> reload)
    {
        lock (_reloads)
        {
            _reloads.Add(reload);
        }
    }

    public void OnDump(Func<string> dump)
    {
        lock (_dumps)
        {
            _dumps.Add(dump);
        }
    }

    public void Handle(PosixSignal signal)
    {
        if (signal is PosixSignal.SIGTERM or PosixSignal.SIGINT)
        {
            if (!_stop.TrySetResult(signal.ToString()))
            {
                exit(ExitCodes.Forced);
            }

            return;
        }

        _work.Writer.TryWrite(signal);
    }

    /// <summary>Serves reloads and dumps, one after the other.</summary>
    public async Task RunAsync(ILogger logger, SystemdNotifier systemd, CancellationToken cancellationToken)
    {
        await foreach (var signal in _work.Reader.ReadAllAsync(cancellationToken))
        {
            if (signal == PosixSignal.SIGHUP)
            {
                systemd.Reloading();
                await ReloadAsync(logger, cancellationToken);
                systemd.Ready();
            }
            else
            {
                Dump(logger);
            }
        }
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private async Task ReloadAsync(ILogger logger, CancellationToken cancellationToken)
    {
        Func<CancellationToken, Task>[] reloads;
        lock (_reloads)
        {
            reloads = [.. _reloads];
        }

        Reloading(logger);
        foreach (var reload in reloads)
        {
            try
            {
                await reload(cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                ReloadFailed(logger, e);
            }
        }
    }

    private void Dump(ILogger logger)
    {
        Func<string>[] dumps;
        lock (_dumps)
        {
            dumps = [.. _dumps];
        }

        foreach (var dump in dumps)
        {
            try
            {
                Dumped(logger, dump());
            }
            catch (Exception e)
            {
                DumpFailed(logger, e);
            }
        }
    }

    [LoggerMessage(1020, LogLevel.Information, "SIGHUP: reloading")]
    private static partial void Reloading(ILogger logger);

    [LoggerMessage(1021, LogLevel.Error, "The reload failed; what was in force stays in force")]
    private static partial void ReloadFailed(ILogger logger, Exception error);

    [LoggerMessage(1022, LogLevel.Information, "State: {State}")]
    private static partial void Dumped(ILogger logger, string state);

    [LoggerMessage(1023, LogLevel.Error, "A dump of the state failed")]
    private static partial void DumpFailed(ILogger logger, Exception error);
}
