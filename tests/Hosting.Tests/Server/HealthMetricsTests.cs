using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Hosting.Server;

namespace NodeAgent.Hosting.Tests.Server;

public sealed class HealthMetricsTests : IAsyncLifetime
{
    private readonly DaemonServer _server = new(new ServerOptions("test", new IPEndPoint(IPAddress.Loopback, 0)), NullLoggerFactory.Instance);
    private readonly HttpClient _http = new();
    private string? _problem;

    public async Task InitializeAsync()
    {
        var metrics = new HealthMetrics();
        _server.MapHealth("/healthz", metrics.Counted(new HealthCheck("runtime", () => _problem), "healthz")).MapHealthMetrics(metrics);
        await _server.StartAsync(CancellationToken.None);
        _http.BaseAddress = new Uri($"http://{_server.Endpoint}");
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Slis_ChecksThatWereAsked_TheLastResultAndHowManyOfEach()
    {
        Assert.DoesNotContain("kubernetes_healthcheck{", await PageAsync(), StringComparison.Ordinal);
        await _http.GetAsync("/healthz");
        _problem = "down";
        await _http.GetAsync("/healthz/runtime");

        var page = await PageAsync();

        Assert.Contains("kubernetes_healthcheck{name=\"runtime\",type=\"healthz\"} 0\n", page, StringComparison.Ordinal);
        Assert.Contains("kubernetes_healthchecks_total{name=\"runtime\",type=\"healthz\",status=\"success\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("kubernetes_healthchecks_total{name=\"runtime\",type=\"healthz\",status=\"error\"} 1\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Slis_Delete_ForgetsThem()
    {
        await _http.GetAsync("/healthz");

        using var answer = await _http.DeleteAsync("/metrics/slis");

        Assert.Equal("metrics reset\n", await answer.Content.ReadAsStringAsync());
        Assert.DoesNotContain("kubernetes_healthcheck{", await PageAsync(), StringComparison.Ordinal);
    }

    private Task<string> PageAsync() => _http.GetStringAsync("/metrics/slis");
}
