using System.Net;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Rules;

/// <summary>Everything besides Services that the rules of one family depend on. Equality says whether all rules must be built anew.</summary>
internal sealed record RuleSettings(IPFamily Family, NodeTopology Node)
{
    /// <summary>With more endpoints than this in the cluster, their rules have no comments.</summary>
    public const int MostCommentedEndpoints = 1000;

    public LocalTraffic LocalTraffic { get; init; } = LocalTraffic.Unknown;

    public bool MasqueradeAll { get; init; }

    /// <summary>The packet mark, one bit, that asks for masquerading.</summary>
    public uint MasqueradeMark { get; init; } = 0x4000;

    /// <summary>Whether MASQUERADE takes --random-fully (iptables 1.6.2 and later).</summary>
    public bool RandomFully { get; init; } = true;

    /// <summary>Whether the rules of endpoints say in a comment whose they are.</summary>
    public bool EndpointComments { get; init; } = true;

    /// <summary>Whether node ports answer on 127.0.0.1; never for IPv6.</summary>
    public bool LocalhostNodePorts { get; init; }

    /// <summary>With nf_conntrack_tcp_be_liberal set, packets in state INVALID are let through.</summary>
    public bool ConntrackLiberal { get; init; }

    /// <summary>This node's address in the family; load balancer source ranges that contain it let the node itself through.</summary>
    public IPAddress? NodeIP { get; init; }

    /// <summary>The addresses on which node ports listen; null for every local address.</summary>
    public ValueList<IPAddress>? NodePortAddresses { get; init; }

    /// <summary>
    /// The settings for so many endpoints. With each change the kernel walks through all rules, and comments are a good part of
    /// what it comes by: above 1,000 endpoints, where nobody reads the rules one by one, upstream leaves these out too.
    /// </summary>
    public RuleSettings SizedFor(ServiceModel model) => this with { EndpointComments = model.Ports.Sum(p => p.Endpoints.Count) <= MostCommentedEndpoints };
}
