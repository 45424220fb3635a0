using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using NodeAgent.ContainerRuntime;
using NodeAgent.Hosting.Server;
using NodeAgent.Kubelet.Host;
using NodeAgent.Kubelet.Logs;
using NodeAgent.Kubelet.Metrics;
using NodeAgent.Kubelet.Stats;
using NodeAgent.Kubelet.Streaming;

namespace NodeAgent.Kubelet.Server;

/// <summary>What the API server, monitoring and debuggers ask of a kubelet, beside what every daemon's server has.</summary>
internal sealed partial class KubeletEndpoints(
    KubeletEndpointOptions options, IPodDirectory pods, IRuntimeService runtime, TimeProvider time, ILoggerFactory loggers, IUsageSource? usage = null)
{
    private const string DisabledText = "Debug endpoints are disabled.";

    private readonly ILogger _log = loggers.CreateLogger<KubeletEndpoints>();

    /// <summary>Adds the endpoints to a server that has not been started.</summary>
    public DaemonServer MapTo(DaemonServer server)
    {
        var lists = new PodEndpoints(pods, runtime);
        var logs = new LogEndpoint(pods, runtime, new LogReader(time), time);
        var streams = new StreamEndpoints(pods, runtime, new StreamServer(options.StreamIdleTimeout, time, loggers));
        server.MapGet("/pods", Guarded(lists.PodsAsync)).MapGet("/pods/", Guarded(lists.PodsAsync));
        if (usage is not null)
        {
            MapUsage(server, usage);
        }

        server.MapGet("/runningpods", Debugging(lists.RunningPodsAsync)).MapGet("/runningpods/", Debugging(lists.RunningPodsAsync));
        server.MapGet("/containerLogs/", Debugging(logs.HandleAsync));
        server.Map("/run/", Debugging(streams.RunAsync, "POST"));
        server.Map("/exec/", Debugging(streams.ExecAsync, "GET", "POST"));
        server.Map("/attach/", Debugging(streams.AttachAsync, "GET", "POST"));
        var nodeLogs = options.SystemLogHandler
            ? Debugging(new NodeLogEndpoint(options.LogFolder, options.SystemLogQuery).HandleAsync)
            : context => AnswerAsync(context, StatusCodes.Status405MethodNotAllowed, "logs endpoint is disabled.");
        server.MapGet("/logs", nodeLogs).MapGet("/logs/", nodeLogs);
        server.Map("/checkpoint/", Debugging(new CheckpointEndpoint(pods, runtime, options.CheckpointFolder, time).HandleAsync, "POST"));
        server.Map("/portForward/", Debugging(streams.PortForwardAsync, "GET", "POST"));
        return server;
    }

    private void MapUsage(DaemonServer server, IUsageSource source)
    {
        var summary = Guarded(new StatsEndpoint(options.NodeName, source).SummaryAsync);
        server.MapGet("/stats/summary", summary).MapGet("/stats/summary/", summary).MapGet("/stats", summary).MapGet("/stats/", summary);
        server.MapGet("/metrics/resource", ResourceMetrics.Make(source).ServeAsync);
        server.MapGet("/metrics/cadvisor", CadvisorMetrics.Make(source, HostInfo.Read()).ServeAsync);
    }

    private RequestDelegate Debugging(RequestDelegate handler, params string[] methods) =>
        options.DebuggingHandlers
            ? Guarded(handler, methods)
            : context => AnswerAsync(context, StatusCodes.Status405MethodNotAllowed, DisabledText);

    private RequestDelegate Guarded(RequestDelegate handler, params string[] methods) => async context =>
    {
        if (methods.Length > 0 && !methods.Contains(context.Request.Method))
        {
            context.Response.Headers.Allow = string.Join(", ", methods);
            await AnswerAsync(context, StatusCodes.Status405MethodNotAllowed, "405: Method Not Allowed");
            return;
        }

        try
        {
            await handler(context);
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted && Status(e) is { } status)
        {
            if (status >= 500)
            {
                LogFailed(context.Request.Method, context.Request.Path, e);
            }

            await AnswerAsync(context, status, e.Message);
        }
    };

    // The rest is the server's to log and answer.
    private static int? Status(Exception e) => e switch
    {
        HttpError error => error.StatusCode,
        LogRequestException error => error.StatusCode,
        RuntimeException { Code: RuntimeErrorCode.NotFound } => StatusCodes.Status404NotFound,
        RuntimeException or TimeoutException or IOException => StatusCodes.Status500InternalServerError,
        _ => null,
    };

    private static Task AnswerAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return context.Response.WriteAsync(message, context.RequestAborted);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Serving {Method} {Path} failed")]
    private partial void LogFailed(string method, string path, Exception exception);
}
