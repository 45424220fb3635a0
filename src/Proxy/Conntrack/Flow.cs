using System.Net;

namespace NodeAgent.Proxy.Conntrack;

/// <summary>One connection that the kernel keeps track of: where the client sent it, and who answers.</summary>
internal sealed record Flow(byte Protocol, IPAddress Destination, int DestinationPort, IPAddress ReplySource, int ReplySourcePort)
{
    /// <summary>The attributes by which the kernel finds the flow again.</summary>
    public IReadOnlyList<(ushort Type, byte[] Value)> Key { get; init; } = [];
}
