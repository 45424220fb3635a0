using Microsoft.AspNetCore.Http;

namespace NodeAgent.Kubelet.Streaming.WebSockets;

/// <summary>Serves a client over a WebSocket of channels.</summary>
internal sealed class ChannelServing(ConnectionServing serving, TimeSpan idleTimeout, TimeProvider time)
{
    /// <param name="context">A request for a WebSocket.</param>
    /// <param name="protocol">What was agreed on.</param>
    /// <param name="channelCount">Channels above it are ignored.</param>
    /// <param name="serve">Its token is cancelled when the client is gone, or has said nothing for too long.</param>
    public async Task RunAsync(HttpContext context, ChannelProtocol protocol, int channelCount, Func<ChannelConnection, CancellationToken, Task> serve)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync(protocol.Name.Length > 0 ? protocol.Name : null);
        using var idle = new IdleLimit(idleTimeout, time);
        using var connection = new ChannelConnection(socket, protocol, channelCount, idle);
        await serving.RunAsync(context.Request.Path, idle, connection.RunAsync, token => serve(connection, token), connection.CloseAsync, context.RequestAborted);
    }
}
