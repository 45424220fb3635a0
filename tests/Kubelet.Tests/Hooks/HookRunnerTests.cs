using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.ContainerRuntime;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Hosting.Server;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.Kubelet.Hooks;
using NodeAgent.Kubelet.Metrics;
using NodeAgent.Testing;
using NSubstitute;

namespace NodeAgent.Kubelet.Tests.Hooks;

public sealed class HookRunnerTests : IAsyncLifetime, IDisposable
{
    private readonly DaemonServer _server = new(new ServerOptions("container", new IPEndPoint(IPAddress.Loopback, 0)), NullLoggerFactory.Instance);
    private readonly FakeTimeProvider _time = new();
    private readonly MetricsRegistry _registry = new();
    private readonly HttpAction _http = new();
    private readonly List<string?> _authorizations = [];
    private readonly HookRunner _hooks;

    public HookRunnerTests() => _hooks = new HookRunner(Substitute.For<IRuntimeService>(), _http, new HookMetrics(_registry), _time);

    public Task InitializeAsync()
    {
        _server.Map("/hook", context =>
        {
            _authorizations.Add(context.Request.Headers.Authorization);
            return context.Response.WriteAsync("done");
        });
        return _server.StartAsync(CancellationToken.None);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Https_OfAServerThatSpeaksHttp_FallsBackWithoutCredentials()
    {
        var problem = await RunAsync("HTTPS", _server.Endpoint.Port);

        Assert.Null(problem);
        Assert.Equal([""], _authorizations.Select(a => a ?? ""));
        Assert.Contains("kubelet_lifecycle_handler_http_fallbacks_total 1\n", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Http_IsNoFallback_AndKeepsItsHeaders()
    {
        Assert.Null(await RunAsync("HTTP", _server.Endpoint.Port));

        Assert.Equal(["Bearer secret"], _authorizations);
        Assert.Contains("kubelet_lifecycle_handler_http_fallbacks_total 0\n", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Https_NobodyListens_IsTheFirstError()
    {
        Assert.Contains("refused", await RunAsync("HTTPS", 1), StringComparison.Ordinal);
        Assert.Contains("kubelet_lifecycle_handler_http_fallbacks_total 0\n", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sleep_CutShort_IsCounted_AndAWholeOneIsNot()
    {
        var sleep = new LifecycleHandler { Sleep = new SleepAction { Seconds = 30 } };
        var whole = _hooks.RunAsync(sleep, new Container(), "id", "127.0.0.1", CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Null(await whole);
        Assert.Contains("kubelet_sleep_action_terminated_early_total 0\n", Text(), StringComparison.Ordinal);
        using var stop = new CancellationTokenSource();
        var cut = _hooks.RunAsync(sleep, new Container(), "id", "127.0.0.1", stop.Token);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cut);
        Assert.Contains("kubelet_sleep_action_terminated_early_total 1\n", Text(), StringComparison.Ordinal);
    }

    private Task<string?> RunAsync(string scheme, int port)
    {
        var get = new HTTPGetAction { Path = "/hook", Scheme = scheme, Port = new IntOrString { IntVal = port }, HttpHeaders = { new HTTPHeader { Name = "Authorization", Value = "Bearer secret" } } };
        return _hooks.RunAsync(new LifecycleHandler { HttpGet = get }, new Container(), "id", "127.0.0.1", CancellationToken.None);
    }

    private string Text() => Encoding.UTF8.GetString(_registry.Expose().Span);
}
