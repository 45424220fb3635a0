using Microsoft.Extensions.Logging;
using NodeAgent.ContainerRuntime;

namespace NodeAgent.Kubelet.Logs;

/// <summary>Looks after the size of the logs of all running containers.</summary>
/// <param name="maxSize">In bytes; negative for no rotation.</param>
internal sealed partial class LogRotation(IRuntimeService runtime, LogRotator rotator, long maxSize, TimeSpan interval, TimeProvider time, ILogger<LogRotation> logger)
{
    private readonly Dictionary<string, string> _logOf = [];
    // What has been said, so that it is said once and not at every look.
    private readonly HashSet<string> _notRotated = [];
    private bool _notListed;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (maxSize >= 0)
        {
            await Task.Delay(interval, time, cancellationToken);
            try
            {
                await LookAsync(cancellationToken);
                _notListed = false;
            }
            catch (RuntimeException e)
            {
                if (!_notListed)
                {
                    LogNotListed(e.Message);
                    _notListed = true;
                }
            }
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
    }

    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        var filter = new Cri.ContainerFilter { State = new Cri.ContainerStateValue { State = Cri.ContainerState.ContainerRunning } };
        var running = (await runtime.ListContainersAsync(filter, cancellationToken)).Select(c => c.Id).ToHashSet();
        foreach (var gone in _logOf.Keys.Concat(_notRotated).Where(id => !running.Contains(id)).ToList())
        {
            _logOf.Remove(gone);
            _notRotated.Remove(gone);
        }

        foreach (var id in running)
        {
            try
            {
                await LookAtAsync(id, cancellationToken);
                _notRotated.Remove(id);
            }
            catch (Exception e) when (e is RuntimeException or IOException or UnauthorizedAccessException)
            {
                if (_notRotated.Add(id))
                {
                    LogNotRotated(id, e.Message);
                }
            }
        }
    }

    private async Task LookAtAsync(string id, CancellationToken cancellationToken)
    {
        // Asked for once: where a container's log lies does not change.
        if (!_logOf.TryGetValue(id, out var log))
        {
            log = (await runtime.ContainerStatusAsync(id, verbose: false, cancellationToken)).Status.LogPath;
            _logOf[id] = log;
        }

        if (log.Length == 0)
        {
            return;
        }

        if (!File.Exists(log))
        {
            // Renamed by a kubelet that ended before the engine was told.
            await runtime.ReopenContainerLogAsync(id, cancellationToken);
        }
        else if (SizeOf(log) >= maxSize)
        {
            await rotator.RotateAsync(id, log, cancellationToken);
        }
    }

    /// <summary>Of the file itself, where the path is a link to it.</summary>
    private static long SizeOf(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return RandomAccess.GetLength(file);
    }

    [LoggerMessage(1, LogLevel.Warning, "Container logs are not rotated now, the runtime does not list its containers: {Error}")]
    private partial void LogNotListed(string error);

    [LoggerMessage(2, LogLevel.Warning, "The log of container {Container} is not rotated and is tried again: {Error}")]
    private partial void LogNotRotated(string container, string error);
}
