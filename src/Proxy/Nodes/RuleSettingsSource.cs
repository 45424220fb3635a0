using System.Net;
using NodeAgent.Proxy.Config;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Nodes;

/// <summary>Options and the node's facts -> the settings of the rules, as they are at the moment of the call.</summary>
/// <param name="hostAddresses">The addresses of the host's interfaces.</param>
internal sealed class RuleSettingsSource(ProxyOptions options, Func<NodeFacts> node, Func<IEnumerable<IPAddress>> hostAddresses, bool conntrackLiberal)
{
    public RuleSettings For(IPFamily family)
    {
        var facts = node();
        var nodeIP = NodeIP(family, facts);
        var listen = NodePortAddresses(family, nodeIP);
        return new RuleSettings(family, new NodeTopology(options.NodeName, facts.Zone))
        {
            LocalTraffic = LocalTraffic(family, facts),
            MasqueradeAll = options.MasqueradeAll,
            MasqueradeMark = 1u << options.MasqueradeBit,
            LocalhostNodePorts = family == IPFamily.IPv4 && options.LocalhostNodePorts && listen.ContainsIPv4Loopback,
            ConntrackLiberal = conntrackLiberal,
            NodeIP = nodeIP,
            NodePortAddresses = listen.MatchAll ? null : listen.Select(hostAddresses()),
        };
    }

    /// <summary>The node's address in a family; null when neither the options nor the Node object have one.</summary>
    public IPAddress? NodeIP(IPFamily family, NodeFacts facts) =>
        options.HasBindAddress && options.BindAddress!.Family() == family ? options.BindAddress : facts.Address(family);

    /// <summary>Why traffic of the family that the node's first address is of cannot be told apart; null when it can.</summary>
    public string? LocalTrafficProblem()
    {
        var facts = node();
        var family = (options.HasBindAddress ? options.BindAddress : facts.Addresses.Count > 0 ? facts.Addresses[0] : null)?.Family() ?? IPFamily.IPv4;
        return LocalTraffic(family, facts).Known ? null : options.DetectLocalMode == DetectLocalMode.NodeCIDR
            ? $"detectLocalMode is NodeCIDR and the node has no {family} range among its podCIDRs ({string.Join(", ", facts.PodCidrs)})"
            : $"detectLocalMode is ClusterCIDR and clusterCIDR has no {family} range ({string.Join(", ", options.ClusterCidrs)})";
    }

    private NodePortAddresses NodePortAddresses(IPFamily family, IPAddress? nodeIP)
    {
        if (options.NodePortsOnPrimaryOnly)
        {
            return nodeIP is null ? Rules.NodePortAddresses.All : new NodePortAddresses([new IPNetwork(nodeIP, family.HostPrefix())]);
        }

        return Rules.NodePortAddresses.For(family, options.NodePortAddresses);
    }

    private LocalTraffic LocalTraffic(IPFamily family, NodeFacts facts)
    {
        switch (options.DetectLocalMode)
        {
            case DetectLocalMode.BridgeInterface:
                return Rules.LocalTraffic.ByBridge(options.BridgeInterface);
            case DetectLocalMode.InterfaceNamePrefix:
                return Rules.LocalTraffic.ByInterfacePrefix(options.InterfaceNamePrefix);
            case DetectLocalMode.NodeCIDR:
                return facts.PodCidr(family) is { } podCidr ? Rules.LocalTraffic.ByCidr(podCidr) : Rules.LocalTraffic.Unknown;
            default:
                foreach (var cidr in options.ClusterCidrs)
                {
                    if (cidr.BaseAddress.Family() == family)
                    {
                        return Rules.LocalTraffic.ByCidr(cidr);
                    }
                }

                return Rules.LocalTraffic.Unknown;
        }
    }
}
