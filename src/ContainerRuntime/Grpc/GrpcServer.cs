using System.Buffers.Binary;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace NodeAgent.ContainerRuntime.Grpc;

/// <summary>A gRPC server on a unix socket: unary methods and streams of answers.</summary>
public sealed class GrpcServer : IAsyncDisposable
{
    private const int MaxMessageBytes = 16 * 1024 * 1024;

    private readonly WebApplication _app;
    private readonly string _socketPath;

    /// <param name="socketPath">A file that is there already is replaced.</param>
    public GrpcServer(string socketPath)
    {
        _socketPath = socketPath;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options => options.ListenUnixSocket(socketPath, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddRouting();
        _app = builder.Build();
        _app.UseRouting();
    }

    /// <param name="answer">A <see cref="RuntimeException"/> that it throws goes to the caller as a status.</param>
    public GrpcServer Map<TRequest, TResponse>(string service, string method, MessageParser<TRequest> parser, Func<TRequest, CancellationToken, Task<TResponse>> answer)
        where TRequest : class, IMessage<TRequest>
        where TResponse : IMessage =>
        MapStream(service, method, parser, async (request, write, token) => await write(await answer(request, token)));

    /// <param name="answer">Writes as many answers as it has; the stream ends with it.</param>
    public GrpcServer MapStream<TRequest>(string service, string method, MessageParser<TRequest> parser, Func<TRequest, Func<IMessage, Task>, CancellationToken, Task> answer)
        where TRequest : class, IMessage<TRequest>
    {
        ArgumentNullException.ThrowIfNull(parser);
        _app.MapPost($"/{service}/{method}", async context =>
        {
            context.Response.ContentType = "application/grpc";
            var (code, message) = (GrpcStatus.Ok, "");
            try
            {
                var request = await new GrpcMessageReader(context.Request.Body, MaxMessageBytes).ReadAsync(parser, context.RequestAborted)
                    ?? throw new RuntimeException(RuntimeErrorCode.InvalidArgument, "the call has no message");
                await answer(request, m => WriteAsync(context.Response, m), context.RequestAborted);
            }
            catch (RuntimeException e)
            {
                (code, message) = (CodeOf(e.Code), e.Message);
            }
            catch (Exception e) when (e is IOException or InvalidOperationException or UnauthorizedAccessException or TimeoutException)
            {
                (code, message) = (13, e.Message);
            }

            context.Response.AppendTrailer("grpc-status", code.ToString(System.Globalization.CultureInfo.InvariantCulture));
            if (message.Length > 0)
            {
                context.Response.AppendTrailer("grpc-message", Uri.EscapeDataString(message));
            }
        });
        return this;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_socketPath)!);
        File.Delete(_socketPath);
        return _app.StartAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
        File.Delete(_socketPath);
    }

    private static async Task WriteAsync(HttpResponse response, IMessage message)
    {
        var size = message.CalculateSize();
        var buffer = new byte[GrpcContent.PrefixLength + size];
        BinaryPrimitives.WriteUInt32BigEndian(buffer.AsSpan(1), (uint)size);
        message.WriteTo(buffer.AsSpan(GrpcContent.PrefixLength));
        await response.Body.WriteAsync(buffer);
        await response.Body.FlushAsync();
    }

    private static int CodeOf(RuntimeErrorCode code) => code switch
    {
        RuntimeErrorCode.InvalidArgument => 3,
        RuntimeErrorCode.DeadlineExceeded => 4,
        RuntimeErrorCode.NotFound => 5,
        RuntimeErrorCode.AlreadyExists => 6,
        RuntimeErrorCode.PermissionDenied => 7,
        RuntimeErrorCode.ResourceExhausted => 8,
        RuntimeErrorCode.FailedPrecondition => 9,
        RuntimeErrorCode.Unimplemented => 12,
        RuntimeErrorCode.Internal => 13,
        RuntimeErrorCode.Unavailable => 14,
        _ => 2,
    };
}
