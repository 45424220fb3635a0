using System.Net.Sockets;

namespace NodeAgent.ContainerRuntime.Docker.Engine;

/// <summary>A connection that Docker has taken over from HTTP. The two directions end on their own.</summary>
internal sealed class HijackedConnection(Stream stream, Socket socket, IDisposable owner) : IAsyncDisposable
{
    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => stream.ReadAsync(buffer, cancellationToken);

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(buffer, cancellationToken);
        await stream.FlushAsync(cancellationToken);
    }

    /// <summary>Tells the process that its stdin has ended; its output can still be read.</summary>
    public void CloseWrite()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The engine has closed the connection already: the process is gone, and its stdin with it.
        }
        catch (ObjectDisposedException)
        {
            // Closed by us.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        socket.Dispose();
        owner.Dispose();
    }
}
