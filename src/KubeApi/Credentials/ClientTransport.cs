using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Client;

namespace NodeAgent.KubeApi.Credentials;

/// <summary>
/// Connections to one API server. When a certificate rotates, new requests take new connections, and what is under way
/// on the old ones (watches) ends there in its own time.
/// </summary>
internal sealed class ClientTransport : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);

    // Lists come in megabytes: not a round trip for every 64 KiB.
    private const int StreamWindow = 512 * 1024;

    // A connection that has died without a word is given up after the sum of these.
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(10);

    private readonly ClientConfig _config;
    private readonly TimeSpan _eventPause;
    private readonly TimeProvider _time;
    private readonly TlsFiles _tls;
    private readonly ICredentialSource? _credentials;
    private readonly Lock _lock = new();
    private Connections? _connections;

    /// <param name="eventPause">As <see cref="KubeClientOptions.EventPause"/>.</param>
    public ClientTransport(ClientConfig config, TimeSpan eventPause, TimeProvider time, ILogger logger)
    {
        (_config, _eventPause, _time) = (config, eventPause, time);
        _tls = new TlsFiles(config, time, logger);
        _credentials = config switch
        {
            { TokenFile: { } file } => new TokenFile(file, config.Source, time, logger),
            { Token: { } token } => FixedCredential.Token(token),
            { Username: { } name } => FixedCredential.Basic(name, config.Password),
            { Exec: { } exec } => new ExecCredentialSource(exec, config.Source, time),
            _ => null,
        };
    }

    public Uri Server => _config.Server;

    /// <summary>False when the server's 401 is final.</summary>
    public bool RenewCredentials() => _credentials?.Invalidate() ?? false;

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage message, CancellationToken cancellationToken)
    {
        var credential = _credentials is null ? Credential.None : await _credentials.GetAsync(cancellationToken);
        var connections = ConnectionsFor(_tls.Current(), credential.Certificate);
        message.Version = HttpVersion.Version20;
        message.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
        message.Headers.Authorization ??= credential.Header;
        if (_config.TlsServerName is { } serverName)
        {
            message.Headers.Host = serverName;
        }

        AddImpersonation(message);
        return await connections.Invoker.SendAsync(message, cancellationToken);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _connections?.Invoker.Dispose();
        }

        (_credentials as IDisposable)?.Dispose();
    }

    private void AddImpersonation(HttpRequestMessage message)
    {
        if (_config.Impersonate is not { } impersonate)
        {
            return;
        }

        message.Headers.Add("Impersonate-User", impersonate.User);
        if (impersonate.Uid is { } uid)
        {
            message.Headers.Add("Impersonate-Uid", uid);
        }

        foreach (var group in impersonate.Groups)
        {
            message.Headers.Add("Impersonate-Group", group);
        }

        foreach (var (key, values) in impersonate.Extra)
        {
            message.Headers.Add($"Impersonate-Extra-{Uri.EscapeDataString(key)}", values);
        }
    }

    private Connections ConnectionsFor(TlsIdentity identity, X509Certificate2Collection? certificate)
    {
        lock (_lock)
        {
            if (_connections is null || _connections.Identity != identity || _connections.Certificate != certificate)
            {
                // The connections before are not closed: they are still in use, and go when they have been idle for a while.
                _connections = new Connections(identity, certificate, new HttpMessageInvoker(CreateHandler(identity, certificate)));
            }

            return _connections;
        }
    }

    private SocketsHttpHandler CreateHandler(TlsIdentity identity, X509Certificate2Collection? certificate)
    {
        var isLocal = _config.Server.IsLoopback;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = isLocal || _config.DisableCompression ? DecompressionMethods.None : DecompressionMethods.GZip,
            ConnectTimeout = ConnectTimeout,
            EnableMultipleHttp2Connections = true,
            InitialHttp2StreamWindowSize = StreamWindow,
            KeepAlivePingDelay = PingDelay,
            KeepAlivePingTimeout = PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            UseProxy = _config.Proxy is not null || !isLocal,
            ActivityHeadersPropagator = null,
        };
        if (_eventPause > TimeSpan.Zero)
        {
            handler.ConnectCallback = ConnectAsync;
        }

        if (_config.Proxy is { } proxy)
        {
            handler.Proxy = new WebProxy(proxy)
            {
                Credentials = proxy.UserInfo.Split(':', 2) is [{ Length: > 0 } name, .. var rest]
                    ? new NetworkCredential(Uri.UnescapeDataString(name), Uri.UnescapeDataString(rest.FirstOrDefault() ?? ""))
                    : null,
            };
        }

        handler.SslOptions.CertificateRevocationCheckMode = X509RevocationMode.NoCheck;
        handler.SslOptions.ClientCertificateContext = certificate is { Count: > 0 }
            ? SslStreamCertificateContext.Create(certificate[0], [.. certificate.Skip(1)], offline: true)
            : identity.Client;
        if (_config.InsecureSkipTlsVerify)
        {
#pragma warning disable CA5359 // What insecure-skip-tls-verify asks for.
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (identity.Authorities is { } authorities)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = (_, server, chain, errors) => ServerTrust.Require(authorities, $"certificate-authority ({_config.CertificateAuthority})", server, chain, errors);
        }

        return handler;
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new CollectingStream(new NetworkStream(socket, ownsSocket: true), _eventPause, _time);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed record Connections(TlsIdentity Identity, X509Certificate2Collection? Certificate, HttpMessageInvoker Invoker);
}
