using System.Net.Http.Headers;
using Microsoft.Extensions.Logging;

namespace NodeAgent.KubeApi.Credentials;

/// <summary>A token in a file that is read again as it rotates; while it cannot be read, the last one stays.</summary>
internal sealed partial class TokenFile(string path, string source, TimeProvider time, ILogger logger) : ICredentialSource
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private Credential? _current;
    private long _readAt;
    private bool _isStale = true;
    private bool _isFailing;

    public ValueTask<Credential> GetAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_isStale || time.GetElapsedTime(_readAt) >= Interval)
            {
                _readAt = time.GetTimestamp();
                _isStale = false;
                Read();
            }

            return new(_current!);
        }
    }

    public bool Invalidate()
    {
        lock (_lock)
        {
            return _isStale = true;
        }
    }

    private void Read()
    {
        try
        {
            var token = File.ReadAllText(path).Trim();
            if (token.Length == 0)
            {
                throw new IOException("the file is empty");
            }

            if (_current?.Header?.Parameter != token)
            {
                _current = new Credential(new AuthenticationHeaderValue("Bearer", token));
            }

            _isFailing = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (_current is null)
            {
                _isStale = true;
                throw new ClientConfigException($"{source}: tokenFile {path} cannot be read: {e.Message}", e);
            }

            if (!_isFailing)
            {
                _isFailing = true;
                LogKept(logger, path, e.Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The token in use stays, because tokenFile {Path} cannot be read: {Problem}")]
    private static partial void LogKept(ILogger logger, string path, string problem);
}
