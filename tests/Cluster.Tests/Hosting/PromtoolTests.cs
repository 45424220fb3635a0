using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Hosting.Server;
using NodeAgent.KubeApi.Client;

namespace NodeAgent.Cluster.Tests.Hosting;

/// <summary>What every daemon's /metrics gives, read by Prometheus' own parser.</summary>
[Trait("Category", "Cluster")]
public sealed class PromtoolTests
{
    [Fact]
    public async Task Metrics_OverHttp_AreAcceptedByPromtool()
    {
        var registry = new MetricsRegistry();
        BuildInfo.Register(registry);
        ProcessMetrics.Register(registry);
        var client = new RestClientMetrics(registry);
        client.OnAnswered(new RequestObservation("GET", "[::1]:6443", 0, TimeSpan.FromSeconds(100), 10, 1));
        registry.CreateGauge("nodeagent_test_info", "A \"test\" with \\ and\na second line.", "value").WithLabels("a\"b\\c\nd, ü {}").Set(double.NaN);
        await using var server = new DaemonServer(new ServerOptions("metrics", new IPEndPoint(IPAddress.Loopback, 0)), NullLoggerFactory.Instance);
        server.MapMetrics(registry);
        await server.StartAsync(CancellationToken.None);
        using var http = new HttpClient();

        var (code, output) = await CheckAsync(await http.GetStringAsync($"http://{server.Endpoint}/metrics"));

        Assert.True(code == 0, $"promtool check metrics ended with {code}: {output}");
        Assert.Equal("", output);
        Assert.NotEqual(0, (await CheckAsync("a{b=\"unclosed} 1\n")).Code);
        await server.StopAsync(CancellationToken.None);
    }

    private static async Task<(int Code, string Output)> CheckAsync(string metrics)
    {
        using var promtool = Process.Start(new ProcessStartInfo("promtool", ["check", "metrics"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new InvalidOperationException("promtool (Debian package prometheus) could not be started");
        var errors = promtool.StandardError.ReadToEndAsync();
        var output = promtool.StandardOutput.ReadToEndAsync();
        await promtool.StandardInput.WriteAsync(metrics);
        promtool.StandardInput.Close();
        await promtool.WaitForExitAsync();
        return (promtool.ExitCode, await output + await errors);
    }
}
