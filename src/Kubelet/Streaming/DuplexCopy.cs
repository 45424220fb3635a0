using System.Net.Sockets;
using NodeAgent.Kubelet.Streaming.Spdy;

namespace NodeAgent.Kubelet.Streaming;

/// <summary>Copies both ways between two connections until one of them ends or nothing has come for a while.</summary>
internal sealed class DuplexCopy(TimeSpan idleTimeout, TimeProvider time)
{
    /// <summary>How long one direction may go on after the other has ended: what is on its way arrives.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(5);

    /// <param name="endWithOther">Whether nothing that <paramref name="one"/> sends is of use once <paramref name="other"/> has ended.</param>
    public async Task RunAsync(Stream one, Stream other, bool endWithOther, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var idle = new CancellationTokenSource(idleTimeout, time);
        using var expiry = idle.Token.Register(stop.Cancel);
        var there = CopyAsync(one, other, idle, stop.Token);
        var back = CopyAsync(other, one, idle, stop.Token);
        var first = await Task.WhenAny(there, back);
        stop.CancelAfter(endWithOther && first == back ? TimeSpan.Zero : Linger);
        await Task.WhenAll(there, back);
    }

    private async Task CopyAsync(Stream from, Stream to, CancellationTokenSource idle, CancellationToken cancellationToken)
    {
        var buffer = new byte[32 * 1024];
        try
        {
            int read;
            while ((read = await from.ReadAsync(buffer, cancellationToken)) > 0)
            {
                idle.CancelAfter(idleTimeout);
                await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }

            await CloseWritingAsync(to, cancellationToken);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // One end is gone or nothing came: that is how such connections end.
        }
    }

    private static Task CloseWritingAsync(Stream stream, CancellationToken cancellationToken)
    {
        if (stream is SpdyStream spdy)
        {
            return spdy.CloseAsync(cancellationToken);
        }

        if (stream is NetworkStream network)
        {
            network.Socket.Shutdown(SocketShutdown.Send);
        }

        return Task.CompletedTask;
    }
}
