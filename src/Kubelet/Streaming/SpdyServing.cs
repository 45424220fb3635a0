using Microsoft.Extensions.Logging;
using NodeAgent.Kubelet.Streaming.Spdy;

namespace NodeAgent.Kubelet.Streaming;

/// <summary>Sees a client's SPDY connection through: reads its frames beside what is done with its streams, and says goodbye.</summary>
internal sealed partial class SpdyServing(TimeSpan idleTimeout, TimeProvider time, ILogger logger)
{
    /// <summary>How long the client has to end the connection once all has been said.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    /// <param name="what">What is served, for the log.</param>
    /// <param name="transport">The connection.</param>
    /// <param name="serve">Its token is cancelled when the client is gone, or has said nothing for too long.</param>
    /// <param name="cancellationToken">Ends it all.</param>
    public async Task RunAsync(string what, Stream transport, Func<SpdyConnection, CancellationToken, Task> serve, CancellationToken cancellationToken)
    {
        using var idle = new IdleLimit(idleTimeout, time);
        using var connection = new SpdyConnection(transport, idle);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, idle.Expired);
        var reading = ReadAsync(what, connection, gone);
        try
        {
            await serve(connection, gone.Token);
            await connection.GoAwayAsync(gone.Token);
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
    private async Task ReadAsync(string what, SpdyConnection connection, CancellationTokenSource gone)
    {
        try
        {
            await connection.RunAsync(gone.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            LogEnded(what, e.Message);
        }

        await gone.CancelAsync();
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The streams of {What} ended: {Reason}")]
    private partial void LogEnded(string what, string reason);
}
