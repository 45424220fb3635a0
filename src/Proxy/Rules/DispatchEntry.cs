using System.Net;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Rules;

/// <summary>One rule that a packet must find by where it goes.</summary>
/// <param name="Root">The fixed chain that the packet starts in.</param>
/// <param name="Destination">Null when the rule matches the port on any address.</param>
/// <param name="Rule">The rule itself; it matches the destination, protocol and port fully.</param>
internal sealed record DispatchEntry(ChainId Root, IPAddress? Destination, Protocol Protocol, int Port, string Rule);
