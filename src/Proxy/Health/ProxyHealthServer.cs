using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using NodeAgent.Hosting.Server;

namespace NodeAgent.Proxy.Health;

/// <summary>Answers /healthz and /livez at port 10256.</summary>
/// <param name="nodeEligible">False while this node is being deleted: load balancers shall stop sending to it, though the proxy itself is well.</param>
/// <param name="answered">Told the path and the status code of each answer.</param>
internal sealed class ProxyHealthServer(ProxyHealth health, Func<bool> nodeEligible, Action<string, int> answered)
{
    public DaemonServer On(IPEndPoint address, ILoggerFactory loggers) => new DaemonServer(new ServerOptions("health", address), loggers)
        .Map("/healthz", context => AnswerAsync(context, "/healthz"))
        .Map("/livez", context => AnswerAsync(context, "/livez"));

    private async Task AnswerAsync(HttpContext context, string path)
    {
        var report = health.Report();
        bool? eligible = path == "/healthz" ? nodeEligible() : null;
        var code = report.Healthy && eligible != false ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        answered(path, code);
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        await context.Response.WriteAsync(report.ToJson(eligible), context.RequestAborted);
    }
}
