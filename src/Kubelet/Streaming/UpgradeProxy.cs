using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using NodeAgent.Kubelet.Server;

namespace NodeAgent.Kubelet.Streaming;

/// <summary>
/// Passes an upgraded connection on to a container engine's streaming server, byte for byte: which protocol the two ends talk
/// is theirs to agree.
/// </summary>
internal sealed class UpgradeProxy(TimeSpan idleTimeout, TimeProvider time)
{
    private const int MaxHead = 64 * 1024;
    private const int MaxErrorBody = 1 << 20;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    // What the two ends need to agree. Who the user is stays here.
    private static readonly string[] PassedOn =
        ["X-Stream-Protocol-Version", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"];

    /// <exception cref="HttpError">The request asks for no upgrade, or the engine cannot be reached.</exception>
    public async Task ForwardAsync(HttpContext context, Uri target)
    {
        var upgrade = context.Features.Get<IHttpUpgradeFeature>();
        if (upgrade is not { IsUpgradableRequest: true })
        {
            throw new HttpError(400, "Upgrade request required");
        }

        using var socket = await ConnectAsync(target, context.RequestAborted);
        await using var engine = new NetworkStream(socket);
        await engine.WriteAsync(RequestHead(context.Request, target), context.RequestAborted);
        var head = await ResponseHead.ReadAsync(engine, MaxHead, context.RequestAborted);
        CopyHeaders(head, context.Response);
        if (head.StatusCode != StatusCodes.Status101SwitchingProtocols)
        {
            await RelayRefusalAsync(context, head, engine);
            return;
        }

        await using var client = await upgrade.UpgradeAsync();
        await client.WriteAsync(head.Rest, context.RequestAborted);
        await new DuplexCopy(idleTimeout, time).RunAsync(client, engine, endWithOther: true, context.RequestAborted);
    }

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
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            socket.Dispose();
            throw new HttpError(502, $"the container runtime's streaming server at {target.Authority} does not answer: {e.Message}");
        }
    }

    private static byte[] RequestHead(HttpRequest request, Uri target)
    {
        var head = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"{request.Method} {target.PathAndQuery} HTTP/1.1\r\nHost: {target.Authority}\r\nConnection: Upgrade\r\n")
            .Append(CultureInfo.InvariantCulture, $"Upgrade: {request.Headers.Upgrade}\r\n");
        foreach (var name in PassedOn)
        {
            foreach (var value in request.Headers[name])
            {
                head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
            }
        }

        if (request.Method == "POST")
        {
            head.Append("Content-Length: 0\r\n");
        }

        return Encoding.Latin1.GetBytes(head.Append("\r\n").ToString());
    }

    private static void CopyHeaders(ResponseHead head, HttpResponse response)
    {
        response.StatusCode = head.StatusCode;
        foreach (var (name, value) in head.Headers)
        {
            if (!name.Equals("Connection", StringComparison.OrdinalIgnoreCase) && !name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase)
                && !name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                response.Headers.Append(name, value);
            }
        }
    }

    private static async Task RelayRefusalAsync(HttpContext context, ResponseHead head, Stream engine)
    {
        var length = head.Headers.FirstOrDefault(h => h.Name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)).Value;
        var left = Math.Min(MaxErrorBody, int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var told) ? told : head.Rest.Length);
        var body = new byte[left];
        var known = Math.Min(left, head.Rest.Length);
        head.Rest[..known].CopyTo(body);
        await engine.ReadExactlyAsync(body.AsMemory(known), context.RequestAborted);
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
