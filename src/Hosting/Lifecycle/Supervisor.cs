using Microsoft.Extensions.Logging;

namespace NodeAgent.Hosting.Lifecycle;

/// <summary>
/// Runs the background loops of a daemon. A loop runs until its token is cancelled; one that returns or throws before has
/// died, and with it the daemon: <see cref="Failed"/> completes, and whoever runs the daemon ends the process.
/// </summary>
/// <remarks>Safe for concurrent use; loops may start loops.</remarks>
public sealed partial class Supervisor(ILoggerFactory loggers, TimeProvider time) : IAsyncDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger<Supervisor>();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<LoopFailure> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    // Guarded by _lock.
    private readonly Dictionary<Task, Entry> _running = [];
    private bool _stopped;

    /// <summary>Cancelled when the loops are to end.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>Completes with the first loop that died; never otherwise.</summary>
    public Task<LoopFailure> Failed => _failed.Task;

    public IReadOnlyList<string> Running
    {
        get
        {
            lock (_lock)
            {
                return [.. _running.Values.Select(e => e.Name)];
            }
        }
    }

    /// <summary>Starts a loop.</summary>
    public void Run(string name, Func<CancellationToken, Task> loop) => Start(name, null, loop, mayEnd: false);

    /// <summary>Starts a loop that gives a sign of life at least every <paramref name="maxSilence"/>; <see cref="Unhealthy"/> names it when it does not.</summary>
    public void Run(string name, TimeSpan maxSilence, Func<Heartbeat, CancellationToken, Task> loop)
    {
        var heartbeat = new Heartbeat(time, maxSilence);
        Start(name, heartbeat, token => loop(heartbeat, token), mayEnd: false);
    }

    /// <summary>Starts work that may end well before the daemon does; a failure of it is a failure of the daemon.</summary>
    public void RunOnce(string name, Func<CancellationToken, Task> work) => Start(name, null, work, mayEnd: true);

    /// <summary>Why the daemon is not well: a loop has died or is silent for too long; null when all is well.</summary>
    public string? Unhealthy()
    {
        if (_failed.Task.IsCompletedSuccessfully)
        {
            return _failed.Task.Result.ToString();
        }

        lock (_lock)
        {
            foreach (var entry in _running.Values)
            {
                if (entry.Heartbeat is { IsSilent: true } silent)
                {
                    return $"{entry.Name} has been silent for {silent.Silence.TotalSeconds:F0}s";
                }
            }
        }

        return null;
    }

    /// <summary>Cancels every loop and waits for them, at most <paramref name="grace"/>; gives the names of those that did not end.</summary>
    public async Task<IReadOnlyList<string>> StopAsync(TimeSpan grace)
    {
        Task[] running;
        lock (_lock)
        {
            _stopped = true;
            running = [.. _running.Keys];
        }

        await _stop.CancelAsync();
        try
        {
            await Task.WhenAll(running).WaitAsync(grace, time);
        }
        catch (TimeoutException)
        {
            return Running;
        }

        return [];
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.FromSeconds(10));
        _stop.Dispose();
    }

    private void Start(string name, Heartbeat? heartbeat, Func<CancellationToken, Task> loop, bool mayEnd)
    {
        lock (_lock)
        {
            if (_stopped)
            {
                return;
            }

            // On the pool, so that a loop that works before its first await does not hold the caller or the lock.
            var task = Task.Run(() => WatchAsync(name, loop, mayEnd));
            _running.Add(task, new Entry(name, heartbeat));
            task.ContinueWith(Remove, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private void Remove(Task task)
    {
        lock (_lock)
        {
            _running.Remove(task);
        }
    }

    private async Task WatchAsync(string name, Func<CancellationToken, Task> loop, bool mayEnd)
    {
        try
        {
            await loop(_stop.Token);
            if (!mayEnd && !_stop.IsCancellationRequested)
            {
                LoopEnded(name);
                _failed.TrySetResult(new LoopFailure(name, null));
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (Exception e) when (_stop.IsCancellationRequested)
        {
            LoopFailedWhileStopping(name, e);
        }
        catch (Exception e)
        {
            LoopDied(name, e);
            _failed.TrySetResult(new LoopFailure(name, e));
        }
    }

    private sealed record Entry(string Name, Heartbeat? Heartbeat);

    [LoggerMessage(1001, LogLevel.Critical, "Background loop {Loop} died; the process ends so that it is started anew")]
    private partial void LoopDied(string loop, Exception error);

    [LoggerMessage(1002, LogLevel.Critical, "Background loop {Loop} ended though nobody asked for it; the process ends so that it is started anew")]
    private partial void LoopEnded(string loop);

    [LoggerMessage(1003, LogLevel.Warning, "Background loop {Loop} failed while it was being stopped")]
    private partial void LoopFailedWhileStopping(string loop, Exception error);
}
