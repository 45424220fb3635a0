using Microsoft.Extensions.Logging;

namespace NodeAgent.Hosting.Server;

/// <summary>
/// A value made of files, made anew when they change. Looked at when somebody asks, at most once a second; while the files cannot
/// be used, the last value stays.
/// </summary>
public sealed partial class ReloadedFiles<T>
    where T : class
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly IReadOnlyList<string> _paths;
    private readonly Func<T> _read;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    // Guarded by _lock; _value is read without it.
    private volatile T _value;
    private string _fingerprint;
    private long _looked;

    /// <exception cref="Exception">What <paramref name="read"/> throws when the files cannot be used from the start.</exception>
    public ReloadedFiles(IReadOnlyList<string> paths, Func<T> read, TimeProvider time, ILogger logger)
    {
        _paths = paths;
        _read = read;
        _time = time;
        _logger = logger;
        _fingerprint = Fingerprint();
        _looked = time.GetTimestamp();
        _value = read();
    }

    public T Current
    {
        get
        {
            if (_time.GetElapsedTime(Volatile.Read(ref _looked)) >= Interval)
            {
                Look();
            }

            return _value;
        }
    }

    private void Look()
    {
        lock (_lock)
        {
            Volatile.Write(ref _looked, _time.GetTimestamp());
            var now = Fingerprint();
            if (now == _fingerprint)
            {
                return;
            }

            try
            {
                _value = _read();
                Reloaded(string.Join(", ", _paths));
            }
            catch (Exception e)
            {
                ReloadFailed(string.Join(", ", _paths), e);
            }

            // Also after a failure: a half-written pair changes once more when it is whole.
            _fingerprint = now;
        }
    }

    private string Fingerprint() => string.Join('|', _paths.Select(static path =>
    {
        try
        {
            var info = new FileInfo(new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path);
            return info.Exists ? $"{info.FullName} {info.LastWriteTimeUtc.Ticks} {info.Length}" : "missing";
        }
        catch (IOException e)
        {
            return e.Message;
        }
    }));

    [LoggerMessage(1040, LogLevel.Information, "Reloaded {Files}")]
    private partial void Reloaded(string files);

    [LoggerMessage(1041, LogLevel.Error, "{Files} changed and cannot be used; what was read before stays in use")]
    private partial void ReloadFailed(string files, Exception error);
}
