using System.Net;
using System.Net.Sockets;

namespace NodeAgent.DevCluster.Network;

/// <summary>Free ports of this host.</summary>
public static class Ports
{
    private static readonly Lock Gate = new();
    private static readonly HashSet<int> Given = [];

    /// <summary>A TCP port that nobody listened on a moment ago and that this process has not given out before.</summary>
    public static int Free()
    {
        lock (Gate)
        {
            while (true)
            {
                using var listener = new TcpListener(IPAddress.Loopback, 0);
                listener.Start();
                var port = ((IPEndPoint)listener.LocalEndpoint).Port;
                if (Given.Add(port))
                {
                    return port;
                }
            }
        }
    }
}
