using System.Net;
using NodeAgent.Proxy.Iptables;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Config;

/// <summary>What the proxy was told to do, by flags and configuration file, checked and with defaults filled in.</summary>
/// <param name="NodeName">The name of this node's Node object.</param>
internal sealed record ProxyOptions(string NodeName)
{
    /// <summary>Overrides the node's address; null takes it from the Node object.</summary>
    public IPAddress? BindAddress { get; init; }

    /// <summary>Whether the options name an address of the node: its Node object need not.</summary>
    public bool HasBindAddress => BindAddress is { } bind && !bind.Equals(IPAddress.Any) && !bind.Equals(IPAddress.IPv6Any);

    public DetectLocalMode DetectLocalMode { get; init; }

    /// <summary>The ranges of all pods of the cluster, at most one per family.</summary>
    public ValueList<IPNetwork> ClusterCidrs { get; init; } = [];

    /// <summary>For <see cref="DetectLocalMode.BridgeInterface"/>.</summary>
    public string BridgeInterface { get; init; } = "";

    /// <summary>For <see cref="DetectLocalMode.InterfaceNamePrefix"/>.</summary>
    public string InterfaceNamePrefix { get; init; } = "";

    /// <summary>Empty for every local address.</summary>
    public ValueList<IPNetwork> NodePortAddresses { get; init; } = [];

    /// <summary>Node ports listen on the node's primary addresses only.</summary>
    public bool NodePortsOnPrimaryOnly { get; init; }

    public bool MasqueradeAll { get; init; }

    public int MasqueradeBit { get; init; } = 14;

    public bool LocalhostNodePorts { get; init; } = true;

    public TimeSpan SyncPeriod { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan MinSyncPeriod { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Between two comparisons of all rules with the kernel's that nothing asked for.</summary>
    public TimeSpan FullSyncPeriod { get; init; } = TimeSpan.FromHours(1);

    public ConntrackOptions Conntrack { get; init; } = new();

    /// <summary><see cref="IptablesFlavour.Default"/> finds out which one the node uses.</summary>
    public IptablesFlavour Iptables { get; init; }

    /// <summary>How many Service ports have a connection counter of their own; 0 for no counters from the rules.</summary>
    public int MaxServiceSeries { get; init; } = 1000;

    public int OomScoreAdj { get; init; } = -999;

    /// <summary>Null for no health server.</summary>
    public IPEndPoint? HealthAddress { get; init; } = new(IPAddress.Any, 10256);

    /// <summary>Null for no metrics server.</summary>
    public IPEndPoint? MetricsAddress { get; init; } = new(IPAddress.Loopback, 10249);

    /// <summary>A server address that cannot be bound ends the proxy instead of being tried again.</summary>
    public bool BindAddressHardFail { get; init; }
}
