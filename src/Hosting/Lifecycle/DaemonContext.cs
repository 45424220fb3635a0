using System.Globalization;
using Microsoft.Extensions.Logging;
using NodeAgent.Hosting.Flags;
using NodeAgent.Hosting.Logging;
using NodeAgent.Hosting.Metrics;

namespace NodeAgent.Hosting.Lifecycle;

/// <summary>What a running daemon has from its host. The composition root of the daemon hands the parts on; nothing else takes the whole.</summary>
public sealed partial class DaemonContext<TConfig>
{
    private readonly ILogger _logger;
    private readonly DaemonSignals _signals;
    private readonly SystemdNotifier _systemd;
    private readonly TimeSpan _stopGrace;
    private readonly ProgramPages _pages;
    private readonly long _quietBytes;
    private readonly List<(string Name, Func<CancellationToken, Task> Action)> _onStop = [];
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<StopReason> _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal DaemonContext(string name, TConfig config, FlagSet flags, DaemonLogging logging, MetricsRegistry metrics, TimeProvider time, DaemonSignals signals, SystemdNotifier systemd, TimeSpan stopGrace, ProgramPages pages, long quietBytes)
    {
        _pages = pages;
        _quietBytes = quietBytes;
        Name = name;
        Config = config;
        Flags = flags;
        Logging = logging;
        Metrics = metrics;
        Time = time;
        Supervisor = new Supervisor(logging.Factory, time);
        _signals = signals;
        _systemd = systemd;
        _stopGrace = stopGrace;
        _logger = logging.Factory.CreateLogger(name);
    }

    public string Name { get; }

    public TConfig Config { get; }

    public FlagSet Flags { get; }

    public DaemonLogging Logging { get; }

    public ILoggerFactory Loggers => Logging.Factory;

    public MetricsRegistry Metrics { get; }

    public TimeProvider Time { get; }

    /// <summary>Where the daemon's loops run.</summary>
    public Supervisor Supervisor { get; }

    /// <summary>Cancelled when the daemon stops, for whatever reason.</summary>
    public CancellationToken Stopping => Supervisor.Stopping;

    /// <summary>Called for each SIGHUP, one at a time; a failure is logged and the daemon goes on as before.</summary>
    public void OnReload(Func<CancellationToken, Task> reload) => _signals.OnReload(reload);

    /// <summary>Called for each SIGUSR2: writes the daemon's state, for people, to the log.</summary>
    public void OnDump(Func<string> dump) => _signals.OnDump(dump);

    /// <summary>Called when the daemon stops and its loops have ended, in the reverse order of registration; a failure is logged.</summary>
    public void OnStop(string name, Func<CancellationToken, Task> action)
    {
        lock (_onStop)
        {
            _onStop.Add((name, action));
        }
    }

    /// <summary>Tells systemd that the daemon is up. To be called when it can do its work, not when it has begun to try.</summary>
    public void Ready(string? status = null)
    {
        _systemd.Ready(status);
        LetGoOfPrograms();
    }

    /// <summary>
    /// Says that a part of the daemon's start is over: the pages of program files that it needed are no longer held, so that
    /// the start is not the moment at which the daemon is largest. Takes some milliseconds.
    /// </summary>
    public void LetGoOfPrograms() => _pages.LetGo();

    /// <summary>The line that <c>systemctl status</c> shows.</summary>
    public void Status(string status) => _systemd.Status(status);

    /// <summary>Ends the daemon from inside: a lost lease, a config file that changed. 0 only for what somebody asked for.</summary>
    public void Stop(StopReason reason) => _asked.TrySetResult(reason);

    /// <summary>
    /// Waits until a signal or <see cref="Stop"/> asks for the end or a loop dies, then stops everything in order and gives the
    /// exit code. The last thing a daemon's run function does.
    /// </summary>
    public async Task<int> RunUntilStoppedAsync()
    {
        Supervisor.RunOnce("signals", token => _signals.RunAsync(_logger, _systemd, token));
        if (_systemd.WatchdogInterval is { } interval)
        {
            Supervisor.Run("systemd watchdog", token => FeedWatchdogAsync(interval / 2, token));
        }

        Supervisor.Run("idle memory", token => IdleMemoryLoop.RunAsync(_pages, _quietBytes, Time, token));
        _started.TrySetResult();
        var reason = await EndAsync();
        StoppingNow(reason.Text, reason.ExitCode);
        _systemd.Stopping();
        await StopAllAsync();
        return reason.ExitCode;
    }

    /// <summary>
    /// Until <see cref="RunUntilStoppedAsync"/> takes over: cancels <see cref="Stopping"/> when the end comes while the daemon still
    /// starts, so that it need not finish starting first. Gives the reason then, null when the start is over.
    /// </summary>
    internal async Task<StopReason?> WatchStartAsync()
    {
        var end = EndAsync();
        if (await Task.WhenAny(_started.Task, end) != end)
        {
            return null;
        }

        var reason = await end;
        if (!_started.Task.IsCompleted)
        {
            StoppingNow(reason.Text, reason.ExitCode);
            _systemd.Stopping();
            await Supervisor.StopAsync(_stopGrace);
        }

        return reason;
    }

    private async Task<StopReason> EndAsync()
    {
        var first = await Task.WhenAny(_asked.Task, _signals.StopRequested, Supervisor.Failed);
        return first == Supervisor.Failed ? StopReason.Failure((await Supervisor.Failed).ToString())
            : first == _asked.Task ? await _asked.Task
            : StopReason.Asked(await _signals.StopRequested);
    }

    private async Task StopAllAsync()
    {
        var left = await Supervisor.StopAsync(_stopGrace);
        if (left.Count > 0)
        {
            LoopsLeft(string.Join(", ", left), _stopGrace.TotalSeconds.ToString(CultureInfo.InvariantCulture));
        }

        List<(string Name, Func<CancellationToken, Task> Action)> actions;
        lock (_onStop)
        {
            actions = [.. _onStop];
        }

        actions.Reverse();
        using var timeout = new CancellationTokenSource(_stopGrace, Time);
        foreach (var (name, action) in actions)
        {
            try
            {
                await action(timeout.Token).WaitAsync(timeout.Token);
            }
            catch (Exception e)
            {
                StopActionFailed(name, e);
            }
        }
    }

    private async Task FeedWatchdogAsync(TimeSpan interval, CancellationToken token)
    {
        using var timer = new PeriodicTimer(interval, Time);
        var wasWell = true;
        do
        {
            var reason = Supervisor.Unhealthy();
            if (reason is null)
            {
                _systemd.Watchdog();
            }
            else if (wasWell)
            {
                WatchdogStarved(reason);
            }

            wasWell = reason is null;
        }
        while (await timer.WaitForNextTickAsync(token));
    }

    [LoggerMessage(1010, LogLevel.Information, "Stopping: {Reason}, exit code {ExitCode}")]
    private partial void StoppingNow(string reason, int exitCode);

    [LoggerMessage(1011, LogLevel.Warning, "These loops did not end within {Seconds}s and are left behind: {Loops}")]
    private partial void LoopsLeft(string loops, string seconds);

    [LoggerMessage(1012, LogLevel.Warning, "Stopping {Part} failed")]
    private partial void StopActionFailed(string part, Exception error);

    [LoggerMessage(1013, LogLevel.Error, "systemd's watchdog is not fed: {Reason}")]
    private partial void WatchdogStarved(string reason);
}
