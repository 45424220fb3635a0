using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using NodeAgent.ContainerRuntime;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.Kubelet.Hooks;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Probes;
using NodeAgent.Kubelet.Tests.Builders;
using NSubstitute;

namespace NodeAgent.Kubelet.Tests.Probes;

/// <summary>Probes against a real server on loopback.</summary>
public sealed class ProberTests : IAsyncLifetime
{
    private const int Serving = 1;
    private const int NotServing = 2;
    private readonly HttpAction _http = new();
    private readonly GrpcHealth _grpc = new();
    private readonly IRuntimeService _runtime = Substitute.For<IRuntimeService>();
    private WebApplication _server = null!;
    private IHeaderDictionary? _headers;
    private int _health = Serving;
    private int[] _ports = [];

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k =>
        {
            k.Listen(IPAddress.Loopback, 0);
            k.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2);
        });
        _server = builder.Build();
        _server.Run(AnswerAsync);
        await _server.StartAsync();
        _ports = [.. _server.Urls.Select(u => new Uri(u).Port)];
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _http.Dispose();
        _grpc.Dispose();
    }

    [Theory]
    [InlineData("/ok", true, "fine")]
    [InlineData("/missing", false, "HTTP probe failed with statuscode: 404")]
    [InlineData("/here", true, "fine")]
    public async Task Http_ByStatusAndRedirect(string path, bool succeeds, string output)
    {
        var run = await HttpAsync(path);

        Assert.Equal((succeeds, output, false), (run.Succeeded, run.Output, run.Warning));
    }

    [Fact]
    public async Task Http_RedirectToAnotherHost_IsAWarningThatSucceeds()
    {
        var run = await HttpAsync("/elsewhere");

        Assert.True(run is { Succeeded: true, Warning: true });
        Assert.StartsWith("Probe terminated redirects", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Http_Headers_AreUpstreams_AndThoseOfTheProbe()
    {
        await HttpAsync("/ok", a => a.HttpHeaders.Add([new HTTPHeader { Name = "Host", Value = "web.example" }, new HTTPHeader { Name = "X-Probe", Value = "yes" }]));

        Assert.Equal(("kube-probe/1.36", "*/*", "web.example", "yes"), (_headers!.UserAgent.ToString(), _headers.Accept.ToString(), _headers.Host.ToString(), _headers["X-Probe"].ToString()));
    }

    [Fact]
    public async Task Http_NobodyListens_Fails()
    {
        var run = await RunAsync(new ProbeHandler { HttpGet = new HTTPGetAction { Path = "/", Port = Port(1) } });

        Assert.Equal((false, "Get \"http://127.0.0.1:1/\": connect: connection refused"), (run.Succeeded, run.Output));
    }

    [Fact]
    public async Task Tcp_OpenAndClosedPort()
    {
        Assert.True((await RunAsync(new ProbeHandler { TcpSocket = new TCPSocketAction { Port = Port(_ports[0]) } })).Succeeded);
        var closed = await RunAsync(new ProbeHandler { TcpSocket = new TCPSocketAction { Port = Port(1) } });
        Assert.Equal((false, "dial tcp 127.0.0.1:1: connect: connection refused"), (closed.Succeeded, closed.Output));
    }

    [Fact]
    public async Task Grpc_ByHealth()
    {
        var healthy = await RunAsync(new ProbeHandler { Grpc = new GRPCAction { Port = _ports[1], Service = "web" } });
        _health = NotServing;
        var ill = await RunAsync(new ProbeHandler { Grpc = new GRPCAction { Port = _ports[1], Service = "web" } });

        Assert.True(healthy.Succeeded, healthy.Output);
        Assert.Equal((false, "service unhealthy (responded with \"NOT_SERVING\")"), (ill.Succeeded, ill.Output));
    }

    [Fact]
    public async Task Exec_ThatTimesOut_SaysSoInUpstreamsWords()
    {
        _runtime.ExecSyncAsync(default!, default!, default, default).ReturnsForAnyArgs<NodeAgent.ContainerRuntime.V1.ExecSyncResponse>(_ => throw new TimeoutException());

        var run = await RunAsync(new ProbeHandler { Exec = new ExecAction { Command = { "sleep", "60" } } });

        Assert.Equal((false, "command timed out: \"sleep 60\" timed out after 20s"), (run.Succeeded, run.Output));
    }

    private Task<ProbeRun> HttpAsync(string path, Action<HTTPGetAction>? change = null)
    {
        var action = new HTTPGetAction { Path = path, Port = Port(_ports[0]) };
        change?.Invoke(action);
        return RunAsync(new ProbeHandler { HttpGet = action });
    }

    private Task<ProbeRun> RunAsync(ProbeHandler handler)
    {
        var pod = new PodBuilder().Container("a").Build();
        var target = new ProbeTarget(pod, pod.Spec.Containers[0], ContainerKind.Main, "id", default, "127.0.0.1");
        return new Prober(_runtime, _http, _grpc, TimeProvider.System).RunAsync(target, new Probe { Handler = handler, TimeoutSeconds = 20 }, CancellationToken.None);
    }

    private static IntOrString Port(int number) => new() { IntVal = number };

    private async Task AnswerAsync(HttpContext context)
    {
        // The server uses its own again for the next request.
        _headers = new HeaderDictionary(context.Request.Headers.ToDictionary());
        switch (context.Request.Path.Value)
        {
            case "/ok":
                await context.Response.WriteAsync("fine");
                break;
            case "/here":
                context.Response.Redirect("/ok");
                break;
            case "/elsewhere":
                context.Response.Redirect("http://elsewhere.example/ok");
                break;
            case "/grpc.health.v1.Health/Check":
                context.Response.ContentType = "application/grpc";
                await context.Response.Body.WriteAsync(new byte[] { 0, 0, 0, 0, 2, 0x08, (byte)_health });
                context.Response.AppendTrailer("grpc-status", "0");
                break;
            default:
                context.Response.StatusCode = 404;
                break;
        }
    }
}
