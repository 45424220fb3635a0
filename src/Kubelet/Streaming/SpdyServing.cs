using NodeAgent.Kubelet.Streaming.Spdy;

namespace NodeAgent.Kubelet.Streaming;

/// <summary>Serves a client over SPDY.</summary>
internal sealed class SpdyServing(ConnectionServing serving, TimeSpan idleTimeout, TimeProvider time)
{
    /// <param name="what">What is served, for the log.</param>
    /// <param name="transport">The connection.</param>
    /// <param name="serve">Its token is cancelled when the client is gone, or has said nothing for too long.</param>
    /// <param name="cancellationToken">Ends it all.</param>
    public async Task RunAsync(string what, Stream transport, Func<SpdyConnection, CancellationToken, Task> serve, CancellationToken cancellationToken)
    {
        using var idle = new IdleLimit(idleTimeout, time);
        using var connection = new SpdyConnection(transport, idle);
        await serving.RunAsync(what, idle, token => ReadAsync(connection, token), token => serve(connection, token), connection.GoAwayAsync, cancellationToken);
    }

    private static async Task ReadAsync(SpdyConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await connection.RunAsync(cancellationToken);
        }
        catch (InvalidOperationException e)
        {
            throw new IOException(e.Message, e);
        }
    }
}
