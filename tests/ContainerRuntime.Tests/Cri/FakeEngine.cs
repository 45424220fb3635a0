using System.Buffers.Binary;
using System.Collections.Concurrent;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace NodeAgent.ContainerRuntime.Tests.Cri;

/// <summary>A gRPC server on a unix socket whose methods are what a test sets them to.</summary>
internal sealed class FakeEngine : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Func<HttpContext, Task>> _methods = new();
    private WebApplication? _app;

    private FakeEngine(string socketPath) => SocketPath = socketPath;

    public string SocketPath { get; }

    public string Endpoint => "unix://" + SocketPath;

    public static async Task<FakeEngine> StartAsync(string? socketPath = null)
    {
        var engine = new FakeEngine(socketPath ?? NewSocketPath());
        await engine.StartAgainAsync();
        return engine;
    }

    public static string NewSocketPath() => Path.Combine(Path.GetTempPath(), $"fake-engine-{Guid.NewGuid():n}.sock");

    public async Task StartAgainAsync()
    {
        File.Delete(SocketPath);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.ListenUnixSocket(SocketPath, listen => listen.Protocols = HttpProtocols.Http2));
        _app = builder.Build();
        _app.Run(HandleAsync);
        await _app.StartAsync();
    }

    /// <summary>Cuts every connection and takes the socket away.</summary>
    public async Task StopAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app!.StopAsync(now.Token);
        await _app.DisposeAsync();
        _app = null;
        File.Delete(SocketPath);
    }

    public void On(string method, Func<HttpContext, Task> handler) => _methods[method] = handler;

    public void Answer(string method, IMessage answer) => On(method, async context =>
    {
        await WriteMessageAsync(context, answer);
        EndWith(context, 0, null);
    });

    public void Refuse(string method, int code, string message) => On(method, context =>
    {
        EndWith(context, code, message);
        return Task.CompletedTask;
    });

    public static async Task<T> ReadMessageAsync<T>(HttpContext context, MessageParser<T> parser)
        where T : IMessage<T>
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        return parser.ParseFrom(body.ToArray().AsSpan(5));
    }

    public static Task WriteMessageAsync(HttpContext context, IMessage message) => WriteRawAsync(context, 0, message.ToByteArray());

    public static async Task WriteRawAsync(HttpContext context, byte flag, byte[] message)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)message.Length);
        message.CopyTo(frame, 5);
        await context.Response.Body.WriteAsync(frame);
        await context.Response.Body.FlushAsync();
    }

    /// <summary>Trailers, or headers when nothing has been written yet: Kestrel then sends the answer as trailers only.</summary>
    public static void EndWith(HttpContext context, int code, string? message)
    {
        var headers = context.Response.HasStarted
            ? context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers
            : context.Response.Headers;
        headers["grpc-status"] = code.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (message is not null)
        {
            headers["grpc-message"] = message;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await StopAsync();
        }
    }

    private async Task HandleAsync(HttpContext context)
    {
        context.Response.ContentType = "application/grpc";
        var name = context.Request.Path.Value!.Split('/')[^1];
        if (_methods.TryGetValue(name, out var handler))
        {
            await handler(context);
        }
        else
        {
            EndWith(context, 12, $"unknown method {name}");
        }
    }
}
