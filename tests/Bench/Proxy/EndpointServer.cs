using System.Net;
using System.Net.Sockets;
using System.Text;
using NodeAgent.DevCluster.Network;

namespace NodeAgent.Bench.Proxy;

/// <summary>Every endpoint of every Service of the bench: answers at port 8080 of all addresses of a network namespace with the address that was asked.</summary>
internal sealed class EndpointServer : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _listener;
    private readonly Task _loop;

    private EndpointServer(Socket listener)
    {
        _listener = listener;
        _loop = ServeAsync();
    }

    public static EndpointServer Start(string namespaceName)
    {
        var listener = NamespaceSockets.Tcp(namespaceName, AddressFamily.InterNetwork);
        listener.Bind(new IPEndPoint(IPAddress.Any, 8080));
        listener.Listen(512);
        return new EndpointServer(listener);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var connection = await _listener.AcceptAsync(_stop.Token);
                await connection.SendAsync(Encoding.ASCII.GetBytes(((IPEndPoint)connection.LocalEndPoint!).Address.ToString()), SocketFlags.None, _stop.Token);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // A client that has gone, or the end.
            }
        }
    }
}
