using System.Net.Sockets;
using NodeAgent.Kubelet.Streaming.Spdy;
using NodeAgent.Kubelet.Streaming.WebSockets;

namespace NodeAgent.Kubelet.Streaming;

/// <summary>Copies both ways between two connections until one of them ends or nothing has come for a while.</summary>
internal sealed class DuplexCopy(TimeSpan idleTimeout, TimeProvider time)
{
    /// <summary>How long one direction may go on after the other has ended for good: what is on its way arrives.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(250);

    /// <summary>How long an engine may take to end its answer once its client has no more to say.</summary>
    private static readonly TimeSpan EngineLinger = TimeSpan.FromSeconds(5);

    /// <param name="one">The client's end.</param>
    /// <param name="other">The end inside the node.</param>
    /// <param name="endWithOther">Whether nothing that <paramref name="one"/> sends is of use once <paramref name="other"/> has ended.</param>
    /// <param name="cancellationToken">Ends both directions.</param>
    /// <returns>Whether <paramref name="other"/> came to its end before <paramref name="one"/> did.</returns>
    public async Task<bool> RunAsync(Stream one, Stream other, bool endWithOther, CancellationToken cancellationToken)
    {
        using var idle = new IdleLimit(idleTimeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, idle.Expired);
        var there = CopyAsync(one, other, idle, stop.Token);
        var back = CopyAsync(other, one, idle, stop.Token);
        var first = await Task.WhenAny(there, back);
        var isClean = await first;
        if (!isClean)
        {
            stop.CancelAfter(Linger);
        }
        else if (first == back)
        {
            // kubectl keeps its own connection open until it is told that this one is over: it is not waited for.
            stop.CancelAfter(endWithOther ? TimeSpan.Zero : Linger);
        }
        else if (endWithOther)
        {
            stop.CancelAfter(EngineLinger);
        }

        await Task.WhenAll(there, back);
        return first == back && isClean;
    }

    /// <returns>Whether <paramref name="from"/> came to a clean end.</returns>
    private static async Task<bool> CopyAsync(Stream from, Stream to, IdleLimit idle, CancellationToken cancellationToken)
    {
        var buffer = new byte[32 * 1024];
        try
        {
            int read;
            while ((read = await from.ReadAsync(buffer, cancellationToken)) > 0)
            {
                idle.Touch();
                await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }

            await CloseWritingAsync(to, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // One end is gone or nothing came: that is how such connections end.
            return false;
        }
    }

    private static Task CloseWritingAsync(Stream stream, CancellationToken cancellationToken)
    {
        switch (stream)
        {
            case SpdyStream spdy:
                return spdy.CloseAsync(cancellationToken);
            case MessageStream messages:
                return messages.CloseAsync(cancellationToken);
            case NetworkStream network:
                network.Socket.Shutdown(SocketShutdown.Send);
                return Task.CompletedTask;
            default:
                return Task.CompletedTask;
        }
    }
}
