using System.Text;
using Microsoft.AspNetCore.Http;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Kubelet.Metrics;

namespace NodeAgent.Kubelet.Tests.Metrics;

public sealed class HttpMetricsTests
{
    [Theory]
    [InlineData("/exec/default/web/main", "v5.channel.k8s.io,v4.channel.k8s.io", "exec")]
    [InlineData("/attach/default/web/main", "v5.channel.k8s.io", "attach")]
    [InlineData("/portForward/default/web", "SPDY/3.1+portforward.k8s.io", "portforward")]
    [InlineData("/exec/default/web/main", "v4.channel.k8s.io", null)]
    [InlineData("/pods", "v5.channel.k8s.io", null)]
    [InlineData("/exec/default/web/main", "", null)]
    public void Begin_OfAWebSocket_IsCountedBySubresource(string path, string protocols, string? subresource)
    {
        var registry = new MetricsRegistry();
        var context = new DefaultHttpContext();
        context.Request.Method = "GET";
        context.Request.Path = path;
        context.Request.Headers.SecWebSocketProtocol = protocols;

        using (new HttpMetrics(registry, TimeProvider.System).Begin(context))
        {
            var text = Encoding.UTF8.GetString(registry.Expose().Span);
            Assert.Equal(subresource is null ? 0 : 1, text.Split('\n').Count(l => l.StartsWith("kubelet_websocket_streaming_requests_total{", StringComparison.Ordinal)));
            Assert.Contains(subresource is null ? "" : $"kubelet_websocket_streaming_requests_total{{subresource=\"{subresource}\"}} 1\n", text, StringComparison.Ordinal);
        }
    }
}
