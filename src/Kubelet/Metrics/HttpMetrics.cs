using Microsoft.AspNetCore.Http;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Kubelet.Streaming.WebSockets;

namespace NodeAgent.Kubelet.Metrics;

/// <summary>kubelet_http_*: what is asked of the kubelet's server. Paths and methods that it does not know count as <c>other</c>.</summary>
internal sealed class HttpMetrics(MetricsRegistry registry, TimeProvider time)
{
    private const string Other = "other";
    private static readonly string[] Labels = ["long_running", "method", "path", "server_type"];

    private static readonly HashSet<string> Methods = ["OPTIONS", "GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "CONNECT"];

    private static readonly HashSet<string> Paths =
    [
        "healthz", "pods", "stats", "metrics", "metrics/cadvisor", "metrics/probes", "metrics/resource", "run", "exec", "attach", "portForward", "containerLogs", "configz",
        "runningpods", "checkpoint", "flagz", "statusz", "logs", "debug",
    ];

    // As upstream has it: it looks for "portforward", so portForward is not among them.
    private static readonly HashSet<string> LongRunning = ["exec", "attach", "debug"];

    private readonly Counter _requests = registry.CreateCounter("kubelet_http_requests_total", "Number of the http requests received since the server started", Labels);
    private readonly Histogram _durations = registry.CreateHistogram("kubelet_http_requests_duration_seconds", "Duration in seconds to serve http requests", Labels);
    private readonly Counter _webSockets = registry.CreateCounter("kubelet_websocket_streaming_requests_total", "Total number of WebSocket streaming requests (exec/attach/portforward) received by the kubelet.", "subresource");
    private readonly Gauge _underWay = registry.CreateGauge("kubelet_http_inflight_requests", "Number of the inflight http requests", Labels);

    public IDisposable Begin(HttpContext context)
    {
        var path = PathOf(context.Request.Path.Value ?? "");
        var method = Methods.Contains(context.Request.Method) ? context.Request.Method : Other;
        string[] labels = [LongRunning.Contains(path) ? "true" : "false", method, path, "readwrite"];
        _requests.WithLabels(labels).Inc();
        _underWay.WithLabels(labels).Inc();
        if (WebSocketSubresource(path, context.Request) is { } subresource)
        {
            _webSockets.WithLabels(subresource).Inc();
        }

        return new Request(this, labels, time.GetTimestamp());
    }

    internal static string PathOf(string path)
    {
        var parts = path.TrimStart('/').Split('/', 3);
        var root = parts is ["metrics", var page, ..] && page.Length > 0 ? "metrics/" + page : parts[0];
        return Paths.Contains(root) ? root : Other;
    }

    /// <summary>As upstream counts them: the older protocols of WebSockets are the container runtime's affair there.</summary>
    private static string? WebSocketSubresource(string path, HttpRequest request)
    {
        var protocols = string.Join(',', request.Headers.SecWebSocketProtocol.AsEnumerable());
        return path switch
        {
            "exec" or "attach" when protocols.Contains(ChannelProtocol.V5Name, StringComparison.Ordinal) => path,
            "portForward" when protocols.Contains(ChannelProtocol.TunnelName, StringComparison.Ordinal) => "portforward",
            _ => null,
        };
    }

    private sealed class Request(HttpMetrics metrics, string[] labels, long start) : IDisposable
    {
        public void Dispose()
        {
            metrics._underWay.WithLabels(labels).Dec();
            metrics._durations.WithLabels(labels).Observe(metrics.Elapsed(start));
        }
    }

    private double Elapsed(long start) => time.GetElapsedTime(start).TotalSeconds;
}
