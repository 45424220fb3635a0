using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Proxy.Config;

namespace NodeAgent.Proxy.Health;

/// <summary>Answers /metrics, /proxyMode, /configz and /healthz at port 10249.</summary>
internal sealed class StatusServer(MetricsRegistry registry, KubeProxyConfiguration configuration)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public async Task AnswerAsync(HttpContext context)
    {
        var response = context.Response;
        switch (context.Request.Path.Value)
        {
            case "/metrics":
                var (format, contentType) = ExpositionNegotiation.Choose(context.Request.Headers.Accept);
                response.ContentType = contentType;
                await response.BodyWriter.WriteAsync(registry.Expose(format), context.RequestAborted);
                break;
            case "/proxyMode":
                await WriteAsync(context, "text/plain; charset=utf-8", "iptables");
                break;
            case "/healthz":
                await WriteAsync(context, "text/plain; charset=utf-8", "ok");
                break;
            case "/configz":
                var body = new JsonObject { ["kubeproxy.config.k8s.io"] = JsonSerializer.SerializeToNode(configuration, Json) };
                await WriteAsync(context, "application/json", body.ToJsonString());
                break;
            default:
                response.StatusCode = StatusCodes.Status404NotFound;
                break;
        }
    }

    private static Task WriteAsync(HttpContext context, string contentType, string body)
    {
        context.Response.ContentType = contentType;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return context.Response.WriteAsync(body, context.RequestAborted);
    }
}
