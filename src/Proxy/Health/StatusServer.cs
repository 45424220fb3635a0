using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Hosting.Server;
using NodeAgent.Proxy.Config;

namespace NodeAgent.Proxy.Health;

/// <summary>The pages at port 10249.</summary>
/// <param name="beforeScrape">Brings up to date what is only counted when somebody asks.</param>
/// <param name="explain">The account of a Service that is named as <c>namespace/name</c> or <c>namespace/name:port</c>; null when it is not known.</param>
internal sealed class StatusServer(MetricsRegistry registry, KubeProxyConfiguration configuration, Func<CancellationToken, Task> beforeScrape, Func<string, string?> explain)
{
    public const string ExplainPath = "/debug/explain/";
    private const string Text = "text/plain; charset=utf-8";
    private const string ConfigName = "kubeproxy.config.k8s.io";

    public DaemonServer On(IPEndPoint address, ILoggerFactory loggers) => new DaemonServer(new ServerOptions("metrics", address), loggers)
        .MapMetrics(registry, before: beforeScrape)
        .MapGet("/proxyMode", context => WriteAsync(context, StatusCodes.Status200OK, "iptables"))
        .MapGet("/healthz", context => WriteAsync(context, StatusCodes.Status200OK, "ok"))
        .MapConfigz(ConfigName, () => EffectiveConfiguration.Of(configuration).ToJsonString())
        .MapGet(ExplainPath, ExplainAsync);

    private Task ExplainAsync(HttpContext context)
    {
        var name = context.Request.Path.Value![ExplainPath.Length..];
        return explain(name) is { } text
            ? WriteAsync(context, StatusCodes.Status200OK, text)
            : WriteAsync(context, StatusCodes.Status404NotFound, $"the proxy knows no Service {name}: it does not exist, is headless, an ExternalName or another proxy's, or has no such port\n");
    }

    private static Task WriteAsync(HttpContext context, int code, string body)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = Text;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return context.Response.WriteAsync(body, context.RequestAborted);
    }
}
