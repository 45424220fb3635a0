using System.IO.Compression;
using System.Net;
using System.Text.Json;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Hosting.Flags;
using NodeAgent.Hosting.Logging;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Hosting.Server;

namespace NodeAgent.Hosting.Tests.Server;

public sealed class DaemonServerTests : IAsyncLifetime
{
    private readonly DaemonServer _server = new(new ServerOptions("test", new IPEndPoint(IPAddress.Loopback, 0)), NullLoggerFactory.Instance);
    private readonly HttpClient _http = new();
    private readonly MetricsRegistry _registry = new();
    private readonly LogVerbosity _verbosity = new(0);
    private string? _problem;

    public async Task InitializeAsync()
    {
        var flags = new FlagSet("kube-test", "x");
        flags.Int("v", 3, "v");
        _server.MapHealth("/healthz", HealthCheck.Ping, new HealthCheck("runtime", () => _problem))
            .MapHealth("/livez")
            .MapMetrics(_registry)
            .MapConfigz("testconfig", () => "{\"a\":1}")
            .MapFlagz(flags)
            .MapStatusz("kube-test", TimeProvider.System)
            .MapVerbosity(_verbosity)
            .Map("/logs/", context => context.Response.WriteAsync("below " + context.Request.Path))
            .Map("/broken", _ => throw new InvalidOperationException("secret detail"));
        await _server.StartAsync(CancellationToken.None);
        _http.BaseAddress = new Uri($"http://{_server.Endpoint}");
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _server.StopAsync(CancellationToken.None);
        await _server.DisposeAsync();
    }

    private async Task<(HttpStatusCode Code, string Body)> Get(string path)
    {
        using var answer = await _http.GetAsync(path);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("/healthz", null, 200, "ok")]
    [InlineData("/livez?verbose", null, 200, "[+]ping ok\nlivez check passed\n")]
    [InlineData("/healthz?verbose", null, 200, "[+]ping ok\n[+]runtime ok\nhealthz check passed\n")]
    [InlineData("/healthz", "runtime is down", 500, "[+]ping ok\n[-]runtime failed: reason withheld\nhealthz check failed\n")]
    [InlineData("/healthz?exclude=runtime", "runtime is down", 200, "ok")]
    [InlineData("/healthz?exclude=runtime&verbose", "runtime is down", 200, "[+]ping ok\n[+]runtime excluded: ok\nhealthz check passed\n")]
    [InlineData("/healthz?exclude=x&verbose=1", null, 200, "[+]ping ok\n[+]runtime ok\nwarn: some health checks cannot be excluded: no matches for \"x\"\nhealthz check passed\n")]
    [InlineData("/healthz/runtime", "runtime is down", 500, "internal server error: runtime is down\n")]
    [InlineData("/healthz/ping", null, 200, "ok")]
    [InlineData("/healthz/other", null, 404, "404 page not found\n")]
    [InlineData("/logs/a/b", null, 200, "below /logs/a/b")]
    [InlineData("/configz", null, 200, "{\"testconfig\":{\"a\":1}}")]
    [InlineData("/broken", null, 500, "")]
    public async Task Get_Path_IsAnsweredAsUpstreamDoes(string path, string? problem, int code, string body)
    {
        _problem = problem;
        Assert.Equal(((HttpStatusCode)code, body), await Get(path));
    }

    [Fact]
    public async Task Get_Metrics_AreInTheFormatAskedFor()
    {
        _registry.CreateCounter("a_total", "h").Inc();
        using var plain = await _http.GetAsync("/metrics");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", plain.Content.Headers.ContentType?.ToString());
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.Add("Accept", "application/openmetrics-text; version=1.0.0");
        using var open = await _http.SendAsync(request);
        Assert.Equal("application/openmetrics-text; version=1.0.0; charset=utf-8", open.Content.Headers.ContentType?.ToString());
        Assert.EndsWith("a_total 1\n# EOF\n", await open.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Get_MetricsFamilies_NamesThoseWithoutSeriesToo()
    {
        _registry.CreateHistogram("b_seconds", "\"How\" long.", [1], "verb", "code");
        using var list = JsonDocument.Parse((await Get("/metrics?families")).Body);
        var family = Assert.Single(list.RootElement.EnumerateArray(), f => f.GetProperty("name").GetString() == "b_seconds");
        Assert.Equal("histogram", family.GetProperty("type").GetString());
        Assert.Equal(["verb", "code"], family.GetProperty("labels").EnumerateArray().Select(l => l.GetString()));
        Assert.Equal("\"How\" long.", family.GetProperty("help").GetString());
        Assert.DoesNotContain("b_seconds", (await Get("/metrics")).Body);
    }

    [Fact]
    public async Task Get_ManyMetrics_AreCompressedWhenAsked()
    {
        var gauge = _registry.CreateGauge("g", "h", "l");
        for (var i = 0; i < 1000; i++)
        {
            gauge.WithLabels($"value-{i}").Set(i);
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.Add("Accept-Encoding", "gzip");
        using var answer = await _http.SendAsync(request);
        Assert.Contains("gzip", answer.Content.Headers.ContentEncoding);
        using var reader = new StreamReader(new GZipStream(await answer.Content.ReadAsStreamAsync(), CompressionMode.Decompress));
        Assert.Contains("g{l=\"value-999\"} 999\n", await reader.ReadToEndAsync());
    }

    [Fact]
    public async Task Pages_SayWhatRuns()
    {
        Assert.Contains("\nv=3\n", (await Get("/flagz")).Body);
        var status = (await Get("/statusz")).Body;
        Assert.Contains("Binary version: 1.36.2\n", status);
        Assert.Contains("/healthz", status);
    }

    [Fact]
    public async Task Put_Verbosity_TakesEffect()
    {
        using var answer = await _http.PutAsync("/debug/flags/v", new StringContent("5"));
        Assert.Equal("successfully set klog.logging.verbosity to 5", await answer.Content.ReadAsStringAsync());
        Assert.Equal(5, _verbosity.Value);
        using var bad = await _http.PutAsync("/debug/flags/v", new StringContent("x"));
        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await Get("/debug/flags/v")).Code);
    }

    [Fact]
    public async Task Post_ToAPageForReading_IsNotAllowed()
    {
        using var answer = await _http.PostAsync("/healthz", null);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
    }

    [Fact]
    public async Task Request_HeadersTooLarge_IsRefused()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(_server.Endpoint);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: x\r\nBig: " + new string('a', 70_000) + "\r\n\r\n"));
        using var reader = new StreamReader(stream);
        Assert.StartsWith("HTTP/1.1 431", await reader.ReadLineAsync());
    }

    [Fact]
    public async Task StopAsync_RequestWithoutEnd_IsCutOff()
    {
        await using var server = new DaemonServer(new ServerOptions("logs", new IPEndPoint(IPAddress.Loopback, 0)), NullLoggerFactory.Instance);
        server.Map("/follow", async context =>
        {
            await context.Response.WriteAsync("a line\n");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await server.StartAsync(CancellationToken.None);
        using var answer = await _http.GetAsync($"http://{server.Endpoint}/follow", HttpCompletionOption.ResponseHeadersRead);
        await server.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(15));
        await Assert.ThrowsAnyAsync<Exception>(() => answer.Content.ReadAsStringAsync().WaitAsync(TimeSpan.FromSeconds(15)));
    }

    [Fact]
    public async Task StartAsync_PortInUse_SaysWhichServerAndWhere()
    {
        await using var second = new DaemonServer(new ServerOptions("metrics", _server.Endpoint), NullLoggerFactory.Instance);
        var error = await Assert.ThrowsAsync<IOException>(() => second.StartAsync(CancellationToken.None));
        Assert.StartsWith($"the metrics server cannot listen on {_server.Endpoint}: ", error.Message);
    }

    [Theory]
    [InlineData("", "0.0.0.0:10249")]
    [InlineData("127.0.0.1", "127.0.0.1:10249")]
    [InlineData("127.0.0.1:5", "127.0.0.1:5")]
    [InlineData("::", "[::]:10249")]
    [InlineData("[::1]:5", "[::1]:5")]
    [InlineData(":5", "[::]:5")]
    public void ParseEndpoint_UpstreamsForms(string text, string expected) => Assert.Equal(expected, ServerOptions.ParseEndpoint(text, 10249).ToString());

    [Theory]
    [InlineData("host")]
    [InlineData("1.2.3.4:99999")]
    [InlineData("10249")]
    public void ParseEndpoint_Bad_IsRefused(string text) => Assert.Throws<FormatException>(() => ServerOptions.ParseEndpoint(text, 1));
}
