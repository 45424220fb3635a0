using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace NodeAgent.Kubelet.Streaming.WebSockets;

/// <summary>Sees a client's WebSocket of channels through: reads its messages beside what is done with the channels, and says goodbye.</summary>
internal sealed partial class ChannelServing(TimeSpan idleTimeout, TimeProvider time, ILogger logger)
{
    /// <summary>How long the client has to answer the goodbye.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    /// <param name="context">A request for a WebSocket.</param>
    /// <param name="protocol">What was agreed on.</param>
    /// <param name="channelCount">Channels above it are ignored.</param>
    /// <param name="serve">Its token is cancelled when the client is gone, or has said nothing for too long.</param>
    public async Task RunAsync(HttpContext context, ChannelProtocol protocol, int channelCount, Func<ChannelConnection, CancellationToken, Task> serve)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync(protocol.Name.Length > 0 ? protocol.Name : null);
        using var idle = new IdleLimit(idleTimeout, time);
        using var connection = new ChannelConnection(socket, protocol, channelCount, idle);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, idle.Expired);
        var what = context.Request.Path;
        var reading = ReadAsync(what, connection, gone);
        try
        {
            await serve(connection, gone.Token);
            await connection.CloseAsync(gone.Token);
            await reading.WaitAsync(Farewell, time, gone.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or TimeoutException)
        {
            LogEnded(what, e.Message);
        }

        await gone.CancelAsync();
        await reading;
    }

    // A client that is gone ends what is done for it.
    private async Task ReadAsync(string what, ChannelConnection connection, CancellationTokenSource gone)
    {
        try
        {
            await connection.RunAsync(gone.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            LogEnded(what, e.Message);
        }

        await gone.CancelAsync();
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The channels of {What} ended: {Reason}")]
    private partial void LogEnded(string what, string reason);
}
