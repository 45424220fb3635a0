using System.Net;
using System.Net.Sockets;
using System.Text;
using NodeAgent.DevCluster.Network;

namespace NodeAgent.Cluster.Tests.Proxy;

/// <summary>Answers at one address of a pod, over TCP, UDP and SCTP at port 8080, with the pod's name and the address that it was asked from.</summary>
internal sealed class PodServer : IAsyncDisposable
{
    public const int Port = 8080;
    private readonly string _pod;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Socket> _sockets = [];
    private readonly List<Task> _loops = [];

    private PodServer(string pod) => _pod = pod;

    public static PodServer Start(string namespaceName, string pod, IPAddress address)
    {
        var server = new PodServer(pod);
        var tcp = server.Bind(NamespaceSockets.Tcp(namespaceName, address.AddressFamily), new IPEndPoint(address, Port));
        tcp.Listen(256);
        server._loops.Add(server.ServeTcpAsync(tcp));
        server._loops.Add(server.ServeUdpAsync(server.Bind(NamespaceSockets.Udp(namespaceName, address.AddressFamily), new IPEndPoint(address, Port))));
        server._loops.Add(server.ServeSctpAsync(server.Bind(NamespaceSockets.Sctp(namespaceName, address.AddressFamily), new IPEndPoint(address, 0))));
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_loops);
        _sockets.ForEach(s => s.Dispose());
        _stop.Dispose();
    }

    private Socket Bind(Socket socket, IPEndPoint address)
    {
        _sockets.Add(socket);
        socket.Bind(address);
        return socket;
    }

    private async Task ServeTcpAsync(Socket listener)
    {
        while (await TryAsync(() => listener.AcceptAsync(_stop.Token)) is { } connection)
        {
            using (connection)
            {
                await TryAsync(() => connection.SendAsync(Answer(connection.RemoteEndPoint!), SocketFlags.None, _stop.Token));
            }
        }
    }

    private async Task ServeUdpAsync(Socket socket)
    {
        var buffer = new byte[2048];
        while (!_stop.IsCancellationRequested)
        {
            var received = await TryAsync(() => socket.ReceiveFromAsync(buffer, Anybody(socket), _stop.Token));
            if (received.ReceivedBytes > 0)
            {
                await TryAsync(() => socket.SendToAsync(Answer(received.RemoteEndPoint), SocketFlags.None, received.RemoteEndPoint, _stop.Token));
            }
        }
    }

    private async Task ServeSctpAsync(Socket socket)
    {
        var buffer = new byte[2048];
        while (!_stop.IsCancellationRequested)
        {
            var received = await TryAsync(() => socket.ReceiveFromAsync(buffer, Anybody(socket), _stop.Token));
            if (received.ReceivedBytes == 0 || SctpPacket.Read(SctpPayload(socket, buffer.AsSpan(0, received.ReceivedBytes))) is not { IsInit: true, To: Port } init)
            {
                continue;
            }

            var answer = new SctpPacket(Port, init.From, init.Tag, init.Tag + 1, Encoding.ASCII.GetString(Answer(received.RemoteEndPoint)));
            await TryAsync(() => socket.SendToAsync(answer.ToBytes(), SocketFlags.None, received.RemoteEndPoint, _stop.Token));
        }
    }

    /// <summary>Raw sockets of IPv4 hand the IP header over too.</summary>
    internal static ReadOnlySpan<byte> SctpPayload(Socket socket, ReadOnlySpan<byte> received) =>
        socket.AddressFamily == AddressFamily.InterNetwork ? received[((received[0] & 15) * 4)..] : received;

    private static IPEndPoint Anybody(Socket socket) => new(socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);

    private byte[] Answer(EndPoint client) => Encoding.ASCII.GetBytes($"{_pod} {((IPEndPoint)client).Address}");

    /// <summary>Clients that give up are no errors of the server, and neither is the end of the test.</summary>
    private static async Task<T?> TryAsync<T>(Func<ValueTask<T>> action)
    {
        try
        {
            return await action();
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            return default;
        }
    }
}
