using System.Net;
using System.Net.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace NodeAgent.Hosting.Server;

/// <summary>
/// A small HTTP server of a daemon: one address, a table of paths, and where asked for TLS, authentication and authorization.
/// </summary>
/// <remarks>Paths are added before <see cref="StartAsync"/>. What a handler throws is logged and answered with 500.</remarks>
public sealed partial class DaemonServer(ServerOptions options, ILoggerFactory loggers) : IAsyncDisposable
{
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(32);
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(90);

    private readonly ILogger _logger = loggers.CreateLogger<DaemonServer>();
    private readonly RouteTable _routes = new();
    private readonly RequestGate? _gate = options.Security is { } security ? new RequestGate(security, loggers.CreateLogger<RequestGate>()) : null;
    private WebApplication? _app;

    public string Name => options.Name;

    /// <summary>Where the server listens, once started.</summary>
    public IPEndPoint Endpoint { get; private set; } = options.Endpoint;

    internal IEnumerable<string> Paths => _routes.Paths;

    internal ILogger Logger => _logger;

    /// <summary>Serves a path; one that ends in <c>/</c> with all that is below it.</summary>
    public DaemonServer Map(string path, RequestDelegate handler)
    {
        _routes.Add(path, handler);
        return this;
    }

    /// <summary>Serves a path for GET and HEAD; other methods get 405.</summary>
    public DaemonServer MapGet(string path, RequestDelegate handler) => Map(path, context =>
    {
        if (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
        {
            return handler(context);
        }

        context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        context.Response.Headers.Allow = "GET, HEAD";
        return Task.CompletedTask;
    });

    /// <exception cref="IOException">The address cannot be listened on.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton<IHostLifetime, NoHostLifetime>();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(Configure);
        _app = builder.Build();
        if (options.WebSockets)
        {
            _app.UseWebSockets();
        }

        _app.Run(ServeAsync);
        try
        {
            await _app.StartAsync(cancellationToken);
        }
        catch (IOException e)
        {
            throw new IOException($"the {options.Name} server cannot listen on {options.Endpoint}: {e.InnerException?.Message ?? e.Message}", e);
        }

        var address = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Endpoint = new IPEndPoint(options.Endpoint.Address, BindingAddress.Parse(address).Port);
        Listening(options.Name, Endpoint.ToString(), options.Tls is null ? "http" : "https");
    }

    /// <summary>Takes no more connections, and gives requests that are being served two seconds at most: followed logs and watches have no end of their own.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_app is not null)
        {
            using var grace = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            grace.CancelAfter(StopGrace);
            await _app.StopAsync(grace.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }
    }

    private void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.AllowSynchronousIO = false;
        kestrel.Limits.RequestHeadersTimeout = HeadersTimeout;
        kestrel.Limits.KeepAliveTimeout = IdleTimeout;
        kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
        kestrel.Limits.MaxConcurrentUpgradedConnections = options.MaxConnections;
        kestrel.Limits.MaxRequestBodySize = options.MaxRequestBodyBytes;
        kestrel.Limits.MaxRequestHeadersTotalSize = 64 * 1024;
        kestrel.Listen(options.Endpoint, listen =>
        {
            listen.Protocols = options.Tls is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
            if (options.Tls is { } tls)
            {
                listen.UseHttps(Handshake(tls));
            }
        });
    }

    private static TlsHandshakeCallbackOptions Handshake(TlsSettings tls)
    {
        var protocols = TlsSettings.Protocols(tls.MinVersion);
        var suites = TlsSettings.Suites(tls.CipherSuites);
        return new TlsHandshakeCallbackOptions
        {
            OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = tls.Certificate.Current,
                EnabledSslProtocols = protocols,
                CipherSuitesPolicy = suites,
                ClientCertificateRequired = tls.RequestClientCertificate,
                // A certificate is judged by the authenticators, request by request; here it is only taken.
#pragma warning disable CA5359
                RemoteCertificateValidationCallback = tls.RequestClientCertificate ? static (_, _, _, _) => true : null,
#pragma warning restore CA5359
                ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            }),
        };
    }

    private async Task ServeAsync(HttpContext context)
    {
        using var observed = options.Observe?.Invoke(context);
        try
        {
            if (_gate is not null && !await _gate.PassAsync(context))
            {
                return;
            }

            if (_routes.Find(context.Request.Path.Value ?? "/") is { } handler)
            {
                await handler(context);
                return;
            }

            context.Response.StatusCode = StatusCodes.Status404NotFound;
            await context.Response.WriteAsync("404 page not found\n", context.RequestAborted);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone; there is nobody to answer.
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            context.Response.StatusCode = e.StatusCode;
        }
        catch (Exception e)
        {
            HandlerFailed(options.Name, context.Request.Method, context.Request.Path, e);
            if (context.Response.HasStarted)
            {
                context.Abort();
                return;
            }

            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        }
    }

    [LoggerMessage(1060, LogLevel.Information, "The {Server} server listens on {Scheme}://{Endpoint}")]
    private partial void Listening(string server, string endpoint, string scheme);

    [LoggerMessage(1061, LogLevel.Error, "The {Server} server failed to answer {Method} {Path}")]
    private partial void HandlerFailed(string server, string method, string path, Exception error);
}
