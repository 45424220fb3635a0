namespace NodeAgent.Kubelet.Streaming;

/// <summary>Copies both ways between two connections until one of them ends or nothing has come for a while.</summary>
internal sealed class DuplexCopy(TimeSpan idleTimeout, TimeProvider time)
{
    /// <summary>How long one direction may go on after the other has ended: what is on its way arrives.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(5);

    public async Task RunAsync(Stream one, Stream other, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var idle = new CancellationTokenSource(idleTimeout, time);
        using var expiry = idle.Token.Register(stop.Cancel);
        var there = CopyAsync(one, other, idle, stop.Token);
        var back = CopyAsync(other, one, idle, stop.Token);
        await Task.WhenAny(there, back);
        stop.CancelAfter(Linger);
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

            if (to is System.Net.Sockets.NetworkStream network)
            {
                network.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            // One end is gone or nothing came: that is how such connections end.
        }
    }
}
