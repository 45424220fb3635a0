using System.Net.WebSockets;

namespace NodeAgent.Kubelet.Streaming.WebSockets;

/// <summary>The bytes of a WebSocket's binary messages as one stream, both ways: a tunnel.</summary>
/// <remarks>One reader and one writer at a time. Disposing it ends the WebSocket.</remarks>
internal sealed class MessageStream(WebSocket socket) : DuplexStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            while (true)
            {
                var received = await socket.ReceiveAsync(buffer, cancellationToken);
                switch (received.MessageType)
                {
                    case WebSocketMessageType.Close:
                        return 0;
                    case WebSocketMessageType.Text:
                        throw new IOException("a text message came where a tunnel has binary ones");
                    case WebSocketMessageType.Binary when received.Count > 0:
                        return received.Count;
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or InvalidOperationException)
        {
            throw Broken(e);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await socket.SendAsync(buffer, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
        }
        catch (Exception e) when (e is WebSocketException or InvalidOperationException)
        {
            throw Broken(e);
        }
    }

    /// <summary>Says that this end has no more to send.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
        }
        catch (Exception e) when (e is WebSocketException or InvalidOperationException)
        {
            throw Broken(e);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            socket.Dispose();
        }

        base.Dispose(disposing);
    }

    private static IOException Broken(Exception e) => new($"the WebSocket is broken: {e.Message}", e);
}
