using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using NodeAgent.Hosting.Server;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;

namespace NodeAgent.Scheduler.Server;

/// <summary>The authorities of the cluster's client certificates, from the ConfigMap in which the API server publishes them.</summary>
internal sealed partial class ClusterAuthorities(IKubeClient client, TimeProvider time, ILogger<ClusterAuthorities> logger) : IClientAuthorities
{
    private const string Namespace = "kube-system";
    private const string Name = "extension-apiserver-authentication";
    private const string Key = "client-ca-file";
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private volatile X509Certificate2Collection? _current;
    private string _text = "";
    private bool _isReported;

    public X509Certificate2Collection? Current => _current;

    /// <summary>Looks every minute, until cancelled. What cannot be read leaves what was.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await LookAsync(cancellationToken);
            await Task.Delay(Period, time, cancellationToken);
        }
    }

    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            var map = await client.GetAsync(Resources.ConfigMaps, Namespace, Name, cancellationToken);
            if (map.Data.GetValueOrDefault(Key) is { Length: > 0 } text && text != _text)
            {
                var certificates = new X509Certificate2Collection();
                certificates.ImportFromPem(text);
                (_current, _text) = (certificates, text);
            }

            _isReported = false;
        }
        catch (Exception e) when (e is KubeApiException or KubeConnectionException or CryptographicException)
        {
            if (!_isReported)
            {
                LogCannotRead(e, Namespace, Name);
                _isReported = true;
            }
        }
    }

    [LoggerMessage(EventId = 4040, Level = LogLevel.Warning, Message = "The authorities of client certificates cannot be read from the ConfigMap {Namespace}/{Name}; callers are known by tokens, and by certificates of the authorities read before. A RoleBinding to the Role extension-apiserver-authentication-reader lets the scheduler read it, --authentication-skip-lookup keeps it from trying")]
    private partial void LogCannotRead(Exception exception, string @namespace, string name);
}
