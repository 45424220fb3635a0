using System.Net;
using System.Net.Sockets;
using System.Text;
using NodeAgent.DevCluster.Network;

namespace NodeAgent.Cluster.Tests.Proxy;

/// <summary>Asks <see cref="PodServer"/>s, directly or through a Service, from a network namespace.</summary>
internal static class PacketClient
{
    private static readonly Answer Silence = new("", "", Refused: false);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static Task<Answer> AskAsync(string namespaceName, string protocol, IPAddress address, int port, int sourcePort = 0) => protocol switch
    {
        "TCP" => AskAsync(NamespaceSockets.Tcp(namespaceName, address.AddressFamily), new IPEndPoint(address, port), TcpAsync),
        "UDP" => AskAsync(NamespaceSockets.Udp(namespaceName, address.AddressFamily), new IPEndPoint(address, port), (s, to, token) => UdpAsync(s, to, sourcePort, token)),
        _ => AskAsync(NamespaceSockets.Sctp(namespaceName, address.AddressFamily), new IPEndPoint(address, port), (s, to, token) => SctpAsync(s, to, sourcePort, token)),
    };

    private static async Task<Answer> AskAsync(Socket socket, IPEndPoint to, Func<Socket, IPEndPoint, CancellationToken, Task<string>> ask)
    {
        using var patience = new CancellationTokenSource(Patience);
        using (socket)
        {
            try
            {
                return (await ask(socket, to, patience.Token)).Split(' ') is [var endpoint, var source] ? new Answer(endpoint, source, Refused: false) : Silence;
            }
            catch (SocketException e)
            {
                return Silence with { Refused = e.SocketErrorCode == SocketError.ConnectionRefused };
            }
            catch (OperationCanceledException)
            {
                return Silence;
            }
        }
    }

    private static async Task<string> TcpAsync(Socket socket, IPEndPoint to, CancellationToken cancellationToken)
    {
        await socket.ConnectAsync(to, cancellationToken);
        return await ReceiveAsync(socket, cancellationToken);
    }

    private static async Task<string> UdpAsync(Socket socket, IPEndPoint to, int sourcePort, CancellationToken cancellationToken)
    {
        if (sourcePort != 0)
        {
            socket.Bind(new IPEndPoint(to.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, sourcePort));
        }

        await socket.ConnectAsync(to, cancellationToken);
        await SendAsync(socket, "?"u8.ToArray(), cancellationToken);
        return await ReceiveAsync(socket, cancellationToken);
    }

    private static async Task<string> SctpAsync(Socket socket, IPEndPoint to, int sourcePort, CancellationToken cancellationToken)
    {
        await socket.ConnectAsync(new IPEndPoint(to.Address, 0), cancellationToken);
        var init = new SctpPacket((ushort)(sourcePort != 0 ? sourcePort : Random.Shared.Next(20000, 60000)), (ushort)to.Port, 0, (uint)Random.Shared.Next(1, int.MaxValue), "");
        await SendAsync(socket, init.ToBytes(), cancellationToken);
        var buffer = new byte[2048];
        while (true)
        {
            var length = await socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
            if (SctpPacket.Read(PodServer.SctpPayload(socket, buffer.AsSpan(0, length))) is { } answer && answer.VerificationTag == init.Tag)
            {
                return answer.Text;
            }
        }
    }

    /// <summary>A packet that the sender's own kernel throws away is no different to the client from one that another does: a refusal comes by itself.</summary>
    private static async Task SendAsync(Socket socket, byte[] packet, CancellationToken cancellationToken)
    {
        try
        {
            await socket.SendAsync(packet, SocketFlags.None, cancellationToken);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            // What comes next says whether it was refused or dropped.
        }
    }

    private static async Task<string> ReceiveAsync(Socket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[256];
        var length = await socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
        return Encoding.ASCII.GetString(buffer, 0, length);
    }
}
