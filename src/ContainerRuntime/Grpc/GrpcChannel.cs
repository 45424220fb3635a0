using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Google.Protobuf;

namespace NodeAgent.ContainerRuntime.Grpc;

/// <summary>
/// Calls of gRPC methods over a unix socket. Calls share HTTP/2 connections and do not wait for each other; a connection
/// that is lost is made again by the next call.
/// </summary>
public sealed class GrpcChannel : IDisposable
{
    private readonly string _socketPath;
    private readonly int _maxMessageBytes;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _http;

    private readonly string _peer;

    /// <param name="peer">What messages call the other end.</param>
    public GrpcChannel(string socketPath, int maxMessageBytes, TimeProvider time, string peer = "the container runtime")
    {
        _peer = peer;
        _socketPath = socketPath;
        _maxMessageBytes = maxMessageBytes;
        _time = time;
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = ConnectAsync,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            EnableMultipleHttp2Connections = true,
            // An idle connection costs nothing and a closed one is noticed at once on a unix socket. Keep-alive pings are
            // left off: Go's gRPC servers end connections that ping more often than every five minutes.
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
        });
    }

    /// <param name="timeout">Null for a call that may take as long as the caller waits.</param>
    /// <exception cref="RuntimeException">The engine refused, did not answer in time, or is not there.</exception>
    public async Task<TResponse> UnaryAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, TimeSpan? timeout, CancellationToken cancellationToken)
        where TRequest : IMessage
        where TResponse : class, IMessage<TResponse>
    {
        ArgumentNullException.ThrowIfNull(method);
        using var deadline = timeout is { } limit ? new CancellationTokenSource(limit, _time) : null;
        using var linked = deadline is null ? null : CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var token = linked?.Token ?? cancellationToken;
        try
        {
            using var response = await SendAsync(method, request, timeout, null, token);
            var reader = await OpenAsync(response, token);
            var message = await reader.ReadAsync(method.Parser, token);
            if (message is not null && await reader.ReadAsync(method.Parser, token) is not null)
            {
                throw new RuntimeException(RuntimeErrorCode.Internal, "the engine sent two messages where one was asked for");
            }

            ThrowUnlessOk(response);
            return message ?? throw new RuntimeException(RuntimeErrorCode.Internal, "the engine reported success without an answer");
        }
        catch (OperationCanceledException e) when (deadline is { IsCancellationRequested: true } && !cancellationToken.IsCancellationRequested)
        {
            throw new RuntimeException(RuntimeErrorCode.DeadlineExceeded, $"{method.Name}: {Engine} did not answer within {timeout!.Value.TotalSeconds:0.###} s", e);
        }
        catch (Exception e) when (Translate(method.Name, e, cancellationToken) is { } translated)
        {
            throw translated;
        }
    }

    /// <summary>The messages of a call that the engine answers with a stream.</summary>
    /// <param name="headers">Metadata of the call; null for none.</param>
    /// <exception cref="RuntimeException">The engine refused, or the stream broke.</exception>
    public async IAsyncEnumerable<TResponse> ServerStreamAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method,
        TRequest request,
        IReadOnlyList<KeyValuePair<string, string>>? headers,
        [EnumeratorCancellation] CancellationToken cancellationToken)
        where TRequest : IMessage
        where TResponse : class, IMessage<TResponse>
    {
        ArgumentNullException.ThrowIfNull(method);
        using var response = await GuardAsync(method.Name, SendAsync(method, request, null, headers, cancellationToken), cancellationToken);
        var reader = await GuardAsync(method.Name, OpenAsync(response, cancellationToken), cancellationToken);
        while (await GuardAsync(method.Name, NextAsync(method, reader, response, cancellationToken), cancellationToken) is { } message)
        {
            yield return message;
        }
    }

    public void Dispose() => _http.Dispose();

    private string Engine => $"{_peer} at unix://{_socketPath}";

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_socketPath), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<HttpResponseMessage> SendAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method,
        TRequest request,
        TimeSpan? timeout,
        IReadOnlyList<KeyValuePair<string, string>>? headers,
        CancellationToken cancellationToken)
        where TRequest : IMessage
        where TResponse : class, IMessage<TResponse>
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, method.Uri)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new GrpcContent(request),
        };
        message.Headers.TryAddWithoutValidation("te", "trailers");
        if (timeout is { } limit)
        {
            message.Headers.TryAddWithoutValidation("grpc-timeout", GrpcTimeout.Format(limit));
        }

        foreach (var (name, value) in headers ?? [])
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        return await _http.SendAsync(message, cancellationToken);
    }

    private async Task<GrpcMessageReader> OpenAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new RuntimeException(GrpcStatus.FromHttp(response.StatusCode), $"{Engine} answered HTTP status {(int)response.StatusCode}; is it a CRI v1 engine?");
        }

        return new GrpcMessageReader(await response.Content.ReadAsStreamAsync(cancellationToken), _maxMessageBytes);
    }

    private static async Task<TResponse?> NextAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, GrpcMessageReader reader, HttpResponseMessage response, CancellationToken cancellationToken)
        where TRequest : IMessage
        where TResponse : class, IMessage<TResponse>
    {
        var message = await reader.ReadAsync(method.Parser, cancellationToken);
        if (message is null)
        {
            ThrowUnlessOk(response);
        }

        return message;
    }

    private static void ThrowUnlessOk(HttpResponseMessage response)
    {
        var status = GrpcStatus.Read(response) ?? throw new IOException("the answer ended without a status");
        if (!status.IsOk)
        {
            throw new RuntimeException(status.ToErrorCode(), status.Message.Length > 0 ? status.Message : $"gRPC status {status.Code}");
        }
    }

    private async Task<T> GuardAsync<T>(string method, Task<T> step, CancellationToken cancellationToken)
    {
        try
        {
            return await step;
        }
        catch (Exception e) when (Translate(method, e, cancellationToken) is { } translated)
        {
            throw translated;
        }
    }

    /// <returns>The failure with the call's name, or null for what goes to the caller as it is.</returns>
    private RuntimeException? Translate(string method, Exception e, CancellationToken cancellationToken) => e switch
    {
        _ when cancellationToken.IsCancellationRequested => null,
        RuntimeException refused => new RuntimeException(refused.Code, $"{method}: {refused.Message}", refused.InnerException),
        HttpRequestException or IOException or OperationCanceledException =>
            new RuntimeException(RuntimeErrorCode.Unavailable, $"{method}: {Engine} does not answer: {Root(e).Message}", e),
        _ => null,
    };

    private static Exception Root(Exception e)
    {
        while (e is HttpRequestException or IOException && e.InnerException is { } inner)
        {
            e = inner;
        }

        return e;
    }
}
