using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace NodeAgent.DevCluster.Network;

/// <summary>This host's own address.</summary>
public static class HostAddress
{
    /// <summary>The IPv4 address of the interface with the default route, else of any interface that is up, else loopback.</summary>
    public static IPAddress Primary()
    {
        var candidates = NetworkInterface.GetAllNetworkInterfaces()
            .Where(i => i.OperationalStatus == OperationalStatus.Up && i.NetworkInterfaceType != NetworkInterfaceType.Loopback)
            .Select(i => i.GetIPProperties())
            .OrderByDescending(p => p.GatewayAddresses.Count);
        return candidates.SelectMany(p => p.UnicastAddresses)
            .Select(u => u.Address)
            .FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork) ?? IPAddress.Loopback;
    }
}
