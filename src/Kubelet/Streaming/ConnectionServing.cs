using Microsoft.Extensions.Logging;

namespace NodeAgent.Kubelet.Streaming;

/// <summary>Sees a client's connection through, whatever protocol it speaks: reads it beside what is done for it, and says goodbye.</summary>
internal sealed partial class ConnectionServing(TimeProvider time, ILogger logger)
{
    /// <summary>How long the client has to end the connection, or to answer the goodbye, once all has been said.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    /// <param name="what">What is served, for the log.</param>
    /// <param name="idle">Ends it when the client has said nothing for too long.</param>
    /// <param name="read">Reads what the client says; ends with the connection, an <see cref="IOException"/> being one way to.</param>
    /// <param name="serve">Its token is cancelled when the client is gone, or has said nothing for too long.</param>
    /// <param name="sayGoodbye">Tells the client that this end has no more to say.</param>
    /// <param name="cancellationToken">Ends it all.</param>
    public async Task RunAsync(string what, IdleLimit idle, Func<CancellationToken, Task> read, Func<CancellationToken, Task> serve, Func<CancellationToken, Task> sayGoodbye, CancellationToken cancellationToken)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, idle.Expired);
        var reading = ReadAsync(what, read, gone);
        try
        {
            await serve(gone.Token);
            await sayGoodbye(gone.Token);
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
    private async Task ReadAsync(string what, Func<CancellationToken, Task> read, CancellationTokenSource gone)
    {
        try
        {
            await read(gone.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            LogEnded(what, e.Message);
        }

        await gone.CancelAsync();
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The streams of {What} ended: {Reason}")]
    private partial void LogEnded(string what, string reason);
}
