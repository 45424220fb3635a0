using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Credentials;

namespace NodeAgent.KubeApi.Tests.Fakes;

/// <summary>An HTTP server in this process that answers as a test tells it.</summary>
internal sealed class FakeApiServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeApiServer(WebApplication app) => _app = app;

    public Uri Address { get; private set; } = null!;

    /// <summary>Method, path and query of each request so far.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public static async Task<FakeApiServer> StartAsync(RequestDelegate answer, Action<HttpsConnectionAdapterOptions>? https = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (https is not null)
            {
                listen.UseHttps(https);
            }
        }));
        var server = new FakeApiServer(builder.Build());
        server._app.Run(context =>
        {
            server.Requests.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
            return answer(context);
        });
        await server._app.StartAsync();
        server.Address = new Uri(server._app.Urls.Single() + "/");
        return server;
    }

    public KubeClient NewClient(ClientConfig? config = null, KubeClientOptions? options = null, TimeProvider? time = null) =>
        new(config ?? new ClientConfig(Address), options ?? new KubeClientOptions("tests", Qps: -1), NullLoggerFactory.Instance, time ?? TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}
