using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodeAgent.ContainerRuntime;
using NodeAgent.Kubelet.Logs;
using NodeAgent.Kubelet.Server.Access;
using NodeAgent.Kubelet.Streaming;

namespace NodeAgent.Kubelet.Server;

/// <summary>The kubelet's HTTPS server: what the API server, monitoring and debuggers ask of a node.</summary>
internal sealed partial class KubeletServer : IAsyncDisposable
{
    private readonly KubeletServerOptions _options;
    private readonly IRequestGate _gate;
    private readonly ILogger _log;
    private readonly WebApplication _app;

    public KubeletServer(
        KubeletServerOptions options, IPodDirectory pods, IRuntimeService runtime, IRequestGate gate, TimeProvider time, ILoggerFactory loggers)
    {
        _options = options;
        _gate = gate;
        _log = loggers.CreateLogger<KubeletServer>();
        _app = Build(loggers);
        _app.Use(GuardAsync);
        MapAlways(pods, runtime, time);
        if (options.DebuggingHandlers)
        {
            MapDebugging(pods, runtime, time, loggers);
        }
    }

    /// <summary>The port that the server listens on, once started: of use where the options ask for port 0.</summary>
    public int Port => new Uri(_app.Urls.First()).Port;

    /// <exception cref="IOException">The port is taken.</exception>
    public Task StartAsync(CancellationToken cancellationToken) => _app.StartAsync(cancellationToken);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private WebApplication Build(ILoggerFactory loggers)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(loggers);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 1 << 20;

            // A follower of a quiet log reads nothing for hours.
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(_options.Address, _options.Port, Configure);
        });
        return builder.Build();
    }

    private void Configure(ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http1AndHttp2;
        listen.UseHttps(https =>
        {
            https.ServerCertificateSelector = (_, _) => _options.Certificate();
            https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;

            // Whose certificate it is matters to the gate, not to the handshake: a stranger may still have a token.
            https.ClientCertificateValidation = (_, _, _) => true;
        });
    }

    private void MapAlways(IPodDirectory pods, IRuntimeService runtime, TimeProvider time)
    {
        var lists = new PodEndpoints(pods, runtime);
        _app.MapGet("/healthz", context => TextAsync(context, "ok"));
        _app.MapGet("/healthz/{check}", context => TextAsync(context, "ok"));
        _app.MapGet("/pods", lists.PodsAsync);
        _app.MapGet("/stats/summary", new StatsEndpoint(_options.NodeName, pods, runtime, time).SummaryAsync);
        if (_options.Metrics is { } metrics)
        {
            _app.MapGet("/metrics", metrics);
        }

        if (_options.Configuration is { } configuration)
        {
            _app.MapGet("/configz", context => JsonAsync(context, $"{{\"kubeletconfig\":{configuration()}}}"));
        }
    }

    private void MapDebugging(IPodDirectory pods, IRuntimeService runtime, TimeProvider time, ILoggerFactory loggers)
    {
        var lists = new PodEndpoints(pods, runtime);
        var logs = new LogEndpoint(pods, runtime, new LogReader(time), time);
        var streams = new StreamEndpoints(pods, runtime, new StreamServer(_options.StreamIdleTimeout, time, loggers));
        string[] getAndPost = ["GET", "POST"];
        _app.MapGet("/runningpods", lists.RunningPodsAsync);
        _app.MapGet("/containerLogs/{ns}/{pod}/{container}", logs.HandleAsync);
        foreach (var uid in new[] { "", "/{uid}" })
        {
            _app.MapPost("/run/{ns}/{pod}" + uid + "/{container}", streams.RunAsync);
            _app.MapMethods("/exec/{ns}/{pod}" + uid + "/{container}", getAndPost, streams.ExecAsync);
            _app.MapMethods("/attach/{ns}/{pod}" + uid + "/{container}", getAndPost, streams.AttachAsync);
            _app.MapMethods("/portForward/{ns}/{pod}" + uid, getAndPost, streams.PortForwardAsync);
        }
    }

    private async Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        var decision = await _gate.DecideAsync(context, context.RequestAborted);
        if (decision.Status is { } status)
        {
            LogRefused(context.Request.Method, context.Request.Path, context.Connection.RemoteIpAddress, status, decision.Message);
            await AnswerAsync(context, status, decision.Message);
            return;
        }

        try
        {
            await next(context);
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested)
        {
            await FailAsync(context, e);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The client is gone.
        }
    }

    private Task FailAsync(HttpContext context, Exception e)
    {
        var (status, message) = e switch
        {
            HttpError error => (error.StatusCode, error.Message),
            LogRequestException error => (error.StatusCode, error.Message),
            Microsoft.AspNetCore.Http.BadHttpRequestException error => (error.StatusCode, error.Message),
            RuntimeException { Code: RuntimeErrorCode.NotFound } error => (404, error.Message),
            _ => (500, e.Message),
        };
        if (status >= 500)
        {
            LogFailed(context.Request.Method, context.Request.Path, e);
        }

        if (context.Response.HasStarted)
        {
            context.Abort();
            return Task.CompletedTask;
        }

        return AnswerAsync(context, status, message);
    }

    private static Task AnswerAsync(HttpContext context, int status, string message)
    {
        context.Response.Clear();
        context.Response.StatusCode = status;
        return TextAsync(context, message);
    }

    private static Task TextAsync(HttpContext context, string text)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    private static Task JsonAsync(HttpContext context, string json)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json, context.RequestAborted);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Refused {Method} {Path} from {Client}: {Status} {Reason}")]
    private partial void LogRefused(string method, string path, IPAddress? client, int status, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Serving {Method} {Path} failed")]
    private partial void LogFailed(string method, string path, Exception exception);
}
