using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using NodeAgent.Kubelet.Server;

namespace NodeAgent.Kubelet.Streaming;

/// <summary>A connection to a container engine's streaming server on which an upgrade was asked for.</summary>
internal sealed class EngineUpgrade : IAsyncDisposable
{
    private const int MaxHead = 64 * 1024;
    private const int MaxErrorBody = 1 << 20;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private readonly NetworkStream _stream;
    private readonly ResponseHead _head;

    private EngineUpgrade(NetworkStream stream, ResponseHead head)
    {
        _stream = stream;
        _head = head;
    }

    /// <summary>Whether the engine has switched protocols.</summary>
    public bool IsUpgraded => _head.StatusCode == StatusCodes.Status101SwitchingProtocols;

    /// <summary>The connection itself, for copying.</summary>
    public NetworkStream Stream => _stream;

    /// <summary>What the engine has said already after its answer's head; comes before what <see cref="Stream"/> gives.</summary>
    public ReadOnlyMemory<byte> Received => _head.Rest;

    public IReadOnlyList<(string Name, string Value)> Headers => _head.Headers;

    /// <exception cref="HttpError">The engine cannot be reached.</exception>
    /// <exception cref="IOException">It does not speak HTTP.</exception>
    public static async Task<EngineUpgrade> AskAsync(string method, Uri target, IEnumerable<(string Name, string Value)> headers, CancellationToken cancellationToken)
    {
        var stream = new NetworkStream(await ConnectAsync(target, cancellationToken), ownsSocket: true);
        try
        {
            await stream.WriteAsync(RequestHead(method, target, headers), cancellationToken);
            return new EngineUpgrade(stream, await ResponseHead.ReadAsync(stream, MaxHead, cancellationToken));
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Gives the client the engine's refusal.</summary>
    public async Task RelayRefusalAsync(HttpContext context)
    {
        CopyHeaders(context.Response);
        var length = Headers.FirstOrDefault(h => h.Name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)).Value;
        var left = Math.Min(MaxErrorBody, int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var told) ? told : Received.Length);
        var body = new byte[left];
        var known = Math.Min(left, Received.Length);
        Received[..known].CopyTo(body);
        await _stream.ReadExactlyAsync(body.AsMemory(known), context.RequestAborted);
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    public void CopyHeaders(HttpResponse response)
    {
        response.StatusCode = _head.StatusCode;
        foreach (var (name, value) in Headers)
        {
            if (!name.Equals("Connection", StringComparison.OrdinalIgnoreCase) && !name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase)
                && !name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                response.Headers.Append(name, value);
            }
        }
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private static async Task<Socket> ConnectAsync(Uri target, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ConnectTimeout);
        try
        {
            await socket.ConnectAsync(target.Host, target.Port, limit.Token);
            return socket;
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (e is SocketException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                throw new HttpError(502, $"the container runtime's streaming server at {target.Authority} does not answer: {e.Message}");
            }

            throw;
        }
    }

    private static byte[] RequestHead(string method, Uri target, IEnumerable<(string Name, string Value)> headers)
    {
        var head = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{method} {target.PathAndQuery} HTTP/1.1\r\nHost: {target.Authority}\r\nConnection: Upgrade\r\n");
        foreach (var (name, value) in headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        if (method == "POST")
        {
            head.Append("Content-Length: 0\r\n");
        }

        return Encoding.Latin1.GetBytes(head.Append("\r\n").ToString());
    }
}
