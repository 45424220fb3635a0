using Microsoft.Extensions.Logging;

namespace NodeAgent.Hosting.Config;

/// <summary>
/// Re-reads something when the files that it is made of change. What was read last stays in force while the files cannot be
/// read or do not make sense.
/// </summary>
/// <remarks>
/// The files are looked at on an interval, by modification time, length and inode target: that costs no inotify instance, of
/// which hosts have few, and sees the symbolic links of mounted ConfigMaps and Secrets change.
/// </remarks>
public sealed partial class FileWatcher(IReadOnlyList<string> paths, Action<CancellationToken> reread, TimeSpan interval, TimeProvider time, ILogger logger)
{
    private string _seen = Fingerprint(paths);

    /// <summary>Watches until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(interval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            CheckNow(cancellationToken);
        }
    }

    /// <summary>Looks at once, as on SIGHUP; true when something had changed and could be read.</summary>
    public bool CheckNow(CancellationToken cancellationToken)
    {
        var now = Fingerprint(paths);
        if (now == _seen)
        {
            return false;
        }

        // Remembered even when the reading fails: one complaint per change, not one per look.
        _seen = now;
        try
        {
            reread(cancellationToken);
            Reread(string.Join(", ", paths));
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            RereadFailed(string.Join(", ", paths), e);
            return false;
        }
    }

    private static string Fingerprint(IReadOnlyList<string> paths) => string.Join('\n', paths.Select(Fingerprint));

    private static string Fingerprint(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                return string.Join('|', Directory.EnumerateFiles(path).Order(StringComparer.Ordinal).Select(Fingerprint));
            }

            var target = new FileInfo(new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path);
            return target.Exists ? $"{target.FullName} {target.LastWriteTimeUtc.Ticks} {target.Length}" : "missing";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "unreadable: " + e.Message;
        }
    }

    [LoggerMessage(1030, LogLevel.Information, "Read again after a change: {Files}")]
    private partial void Reread(string files);

    [LoggerMessage(1031, LogLevel.Error, "{Files} changed and cannot be used; what was read before stays in force")]
    private partial void RereadFailed(string files, Exception error);
}
