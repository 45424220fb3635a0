using Microsoft.Extensions.Logging;

namespace NodeAgent.KubeApi.Credentials;

/// <summary>
/// The certificates that the configuration names, read again as they rotate. While the files are missing or do not fit
/// together, as in the middle of a rotation, the last good ones stay.
/// </summary>
internal sealed partial class TlsFiles(ClientConfig config, TimeProvider time, ILogger logger)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private TlsIdentity? _current;
    private PemFiles.Contents? _contents;
    private long _readAt;
    private string? _problem;

    private bool HasFiles => (config.CertificateAuthority?.File ?? config.ClientCertificate?.File ?? config.ClientKey?.File) is not null;

    /// <exception cref="ClientConfigException">There is nothing good yet.</exception>
    public TlsIdentity Current()
    {
        lock (_lock)
        {
            if (_current is null)
            {
                _contents = PemFiles.Read(config);
                _current = PemFiles.Parse(config, _contents);
                _readAt = time.GetTimestamp();
            }
            else if (HasFiles && time.GetElapsedTime(_readAt) >= Interval)
            {
                _readAt = time.GetTimestamp();
                Reread();
            }

            return _current;
        }
    }

    private void Reread()
    {
        try
        {
            var contents = PemFiles.Read(config);
            if (!contents.SameAs(_contents))
            {
                _current = PemFiles.Parse(config, contents);
                _contents = contents;
                LogReread(logger, config.Source, _current.ClientExpires);
            }

            _problem = null;
        }
        catch (ClientConfigException e)
        {
            if (_problem != e.Message)
            {
                _problem = e.Message;
                LogKept(logger, e.Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The certificates of {Source} have changed: new connections use them (client certificate valid until {Expires})")]
    private static partial void LogReread(ILogger logger, string source, DateTimeOffset? expires);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The certificates in use stay, because the new ones cannot be used: {Problem}")]
    private static partial void LogKept(ILogger logger, string problem);
}
