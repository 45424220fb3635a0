using System.Net;
using System.Net.Sockets;
using System.Text;
using NodeAgent.ContainerRuntime;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.Kubelet.Hooks;
using NodeAgent.Kubelet.Metrics;
using NodeAgent.Kubelet.Tests.Builders;
using NodeAgent.Testing;
using NSubstitute;

namespace NodeAgent.Kubelet.Tests.Hooks;

public sealed class HookRunnerTests : IAsyncLifetime, IDisposable
{
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<string> _requests = [];
    private readonly HttpAction _http = new();
    private readonly FakeEvents _events = new();
    private readonly MetricsRegistry _registry = new();
    private readonly HookMetrics _metrics;
    private readonly HookRunner _hooks;
    private Task _serving = Task.CompletedTask;

    public HookRunnerTests()
    {
        _metrics = new HookMetrics(_registry);
        _hooks = new HookRunner(Substitute.For<IRuntimeService>(), _http, _events, _metrics, new FakeTimeProvider());
    }

    private int Port => ((IPEndPoint)_server.LocalEndpoint).Port;

    public Task InitializeAsync()
    {
        _server.Start();
        _serving = ServeAsync();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        _server.Stop();
    }

    public void Dispose()
    {
        _http.Dispose();
        _stop.Dispose();
        _server.Dispose();
    }

    [Fact]
    public async Task Run_HttpsWhereHttpIsSpoken_FallsBack_WithoutTheAuthorization_AndTells()
    {
        var hook = Get("HTTPS");
        hook.HttpGet.HttpHeaders.Add(new HTTPHeader { Name = "Authorization", Value = "secret" });
        hook.HttpGet.HttpHeaders.Add(new HTTPHeader { Name = "X-Other", Value = "kept" });

        Assert.Null(await RunAsync(hook));

        var request = Assert.Single(_requests, r => r.StartsWith("GET /bye ", StringComparison.Ordinal));
        Assert.Contains("X-Other: kept", request, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", request, StringComparison.Ordinal);
        Assert.Equal(1, _metrics.HttpFallbacks.Value);
        Assert.Contains(("LifecycleHTTPFallback", $"request to HTTPS lifecycle hook 127.0.0.1:{Port} got HTTP response, retry with HTTP succeeded"), _events.Told);
    }

    [Fact]
    public async Task Run_HttpsWhereNobodyListens_FailsOnce()
    {
        _server.Stop();

        Assert.NotNull(await RunAsync(Get("HTTPS")));
        Assert.Equal(0, _metrics.HttpFallbacks.Value);
        Assert.Empty(_events.Told);
        _server.Start();
    }

    [Fact]
    public async Task Run_Http_IsNoFallback()
    {
        Assert.Null(await RunAsync(Get("HTTP")));
        Assert.Equal(0, _metrics.HttpFallbacks.Value);
    }

    [Fact]
    public void CutShort_OnlyASleep_IsCounted()
    {
        _hooks.CutShort(new LifecycleHandler { Sleep = new SleepAction { Seconds = 5 } });
        _hooks.CutShort(Get("HTTP"));

        Assert.Equal(1, _metrics.SleepsCut.Value);
    }

    private Task<string?> RunAsync(LifecycleHandler hook)
    {
        var pod = new PodBuilder().Container("main").Build();
        return _hooks.RunAsync(pod, hook, pod.Spec.Containers[0], "id", "127.0.0.1", CancellationToken.None);
    }

    private LifecycleHandler Get(string scheme) => new() { HttpGet = new HTTPGetAction { Scheme = scheme, Path = "/bye", Port = new IntOrString { IntVal = Port } } };

    /// <summary>As a server of plain HTTP does: what is no request of it is a bad one.</summary>
    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            using var client = await _server.AcceptTcpClientAsync(_stop.Token);
            var buffer = new byte[4096];
            var read = await client.GetStream().ReadAsync(buffer, _stop.Token);
            var request = Encoding.ASCII.GetString(buffer, 0, read);
            lock (_requests)
            {
                _requests.Add(request);
            }

            var status = request.StartsWith("GET ", StringComparison.Ordinal) ? "200 OK" : "400 Bad Request";
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), _stop.Token);
        }
    }
}
