using System.Text;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi.Client;

namespace NodeAgent.Hosting.Tests.Metrics;

public class RestClientMetricsTests
{
    [Fact]
    public void OnAnswered_Requests_AreCountedUnderUpstreamsNames()
    {
        var registry = new MetricsRegistry();
        var metrics = new RestClientMetrics(registry);
        metrics.OnAnswered(new RequestObservation("GET", "10.0.0.1:6443", 200, TimeSpan.FromMilliseconds(20), 0, 0));
        metrics.OnAnswered(new RequestObservation("PUT", "10.0.0.1:6443", 0, TimeSpan.FromSeconds(70), 100, 1));
        metrics.OnAnswered(new RequestObservation("EVIL", "10.0.0.1:6443", 999, TimeSpan.Zero, 0, 0));
        metrics.OnRateLimited("GET", "10.0.0.1:6443", TimeSpan.FromSeconds(0.3));
        var text = Encoding.UTF8.GetString(registry.Expose().Span);
        Assert.Contains("rest_client_requests_total{code=\"200\",method=\"GET\",host=\"10.0.0.1:6443\"} 1\n", text);
        Assert.Contains("rest_client_requests_total{code=\"<error>\",method=\"PUT\",host=\"10.0.0.1:6443\"} 1\n", text);
        Assert.Contains("rest_client_requests_total{code=\"OTHER\",method=\"OTHER\",host=\"10.0.0.1:6443\"} 1\n", text);
        Assert.Contains("rest_client_request_duration_seconds_bucket{verb=\"GET\",host=\"10.0.0.1:6443\",le=\"0.025\"} 1\n", text);
        Assert.Contains("rest_client_request_retries_total{code=\"<error>\",verb=\"PUT\",host=\"10.0.0.1:6443\"} 1\n", text);
        Assert.Contains("rest_client_rate_limiter_duration_seconds_sum{verb=\"GET\",host=\"10.0.0.1:6443\"} 0.3\n", text);
    }
}
