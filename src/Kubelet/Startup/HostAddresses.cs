using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace NodeAgent.Kubelet.Startup;

/// <summary>The addresses of this host as the cluster reaches it.</summary>
internal static class HostAddresses
{
    /// <param name="given">What --node-ip says; empty to find out.</param>
    /// <param name="server">The API server, towards which the route is looked up; null when there is none.</param>
    public static ImmutableArray<string> Find(string given, Uri? server)
    {
        if (given.Length > 0)
        {
            return [given];
        }

        // A datagram socket that is connected sends nothing, but the kernel has chosen its address.
        IPEndPoint[] towards =
        [
            .. server is not null && IPAddress.TryParse(server.Host.Trim('[', ']'), out var address) && !IPAddress.IsLoopback(address) ? [new IPEndPoint(address, server.Port)] : Array.Empty<IPEndPoint>(),
            new IPEndPoint(new IPAddress([192, 0, 2, 1]), 9),
        ];
        foreach (var endpoint in towards)
        {
            try
            {
                using var socket = new Socket(endpoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
                socket.Connect(endpoint);
                return [((IPEndPoint)socket.LocalEndPoint!).Address.ToString()];
            }
            catch (SocketException)
            {
                // No route that way.
            }
        }

        return ["127.0.0.1"];
    }
}
