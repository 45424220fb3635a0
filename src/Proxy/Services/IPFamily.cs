using System.Net;
using System.Net.Sockets;

namespace NodeAgent.Proxy.Services;

/// <summary>The two families are proxied apart: trackers, rules, tables and runs of one never wait for the other's.</summary>
internal enum IPFamily
{
    IPv4,
    IPv6,
}

internal static class IPFamilyExtensions
{
    public static IPFamily Family(this IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? IPFamily.IPv6 : IPFamily.IPv4;

    /// <summary>As netfilter numbers families.</summary>
    public static byte Number(this IPFamily family) => family == IPFamily.IPv4 ? (byte)2 : (byte)10;

    /// <summary>The address with the prefix that stands for exactly this address: /32 or /128.</summary>
    public static int HostPrefix(this IPFamily family) => family == IPFamily.IPv4 ? 32 : 128;
}
