using System.Net;

namespace NodeAgent.Proxy.Rules;

/// <summary>
/// How rules tell traffic of this node's pods from other traffic (detectLocalMode). Each match is empty or ends in a space,
/// and stands in the rule where iptables-save puts it: sources first, interfaces after destinations.
/// </summary>
internal sealed record LocalTraffic
{
    /// <summary>Pods cannot be told from others.</summary>
    public static readonly LocalTraffic Unknown = new();

    private LocalTraffic()
    {
    }

    public bool Known => this != Unknown;

    public string FromSource { get; private init; } = "";

    public string FromInterface { get; private init; } = "";

    public string NotFromSource { get; private init; } = "";

    public string NotFromInterface { get; private init; } = "";

    /// <summary>Modes ClusterCIDR and NodeCIDR.</summary>
    public static LocalTraffic ByCidr(IPNetwork cidr) => new() { FromSource = $"-s {cidr} ", NotFromSource = $"! -s {cidr} " };

    /// <summary>Mode BridgeInterface.</summary>
    public static LocalTraffic ByBridge(string name) => new() { FromInterface = $"-i {name} ", NotFromInterface = $"! -i {name} " };

    /// <summary>Mode InterfaceNamePrefix.</summary>
    public static LocalTraffic ByInterfacePrefix(string prefix) => ByBridge(prefix + "+");
}
