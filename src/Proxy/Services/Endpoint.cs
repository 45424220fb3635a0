using System.Net;

namespace NodeAgent.Proxy.Services;

/// <summary>One address that a Service port can be sent to. Immutable; equality says whether anything changed.</summary>
internal sealed record Endpoint(IPAddress Address, int Port)
{
    public bool Ready { get; init; } = true;

    public bool Serving { get; init; } = true;

    public bool Terminating { get; init; }

    /// <summary>Whether the endpoint is on this node.</summary>
    public bool Local { get; init; }

    /// <summary>Zones that should send here; empty when the endpoint has no zone hints.</summary>
    public ValueList<string> ZoneHints { get; init; } = [];

    /// <summary>Nodes that should send here; empty when the endpoint has no node hints.</summary>
    public ValueList<string> NodeHints { get; init; } = [];

    /// <summary>Shutting down but still answering: used when nothing is ready.</summary>
    public bool ServingTerminating => !Ready && Serving && Terminating;

    /// <summary><c>10.0.0.1:80</c> or <c>[fd00::1]:80</c>, as in DNAT targets and chain-name hashes.</summary>
    public override string ToString() =>
        Address.Family() == IPFamily.IPv6 ? $"[{Address}]:{Port}" : $"{Address}:{Port}";
}
