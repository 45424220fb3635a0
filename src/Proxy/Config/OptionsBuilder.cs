using System.Net;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Config;

/// <summary>Checks a <see cref="KubeProxyConfiguration"/>, fills in the defaults and turns it into <see cref="ProxyOptions"/>.</summary>
internal sealed class OptionsBuilder(KubeProxyConfiguration config)
{
    private const int HealthPort = 10256;
    private const int MetricsPort = 10249;
    private readonly List<string> _errors = [];

    /// <summary>Everything that is wrong, each with its path.</summary>
    public IReadOnlyList<string> Errors => _errors;

    /// <param name="hostname">The host's name, for when the configuration names no node.</param>
    /// <returns>Null when there are <see cref="Errors"/>.</returns>
    public ProxyOptions? Build(string hostname)
    {
        var bind = Address("bindAddress", config.BindAddress) ?? IPAddress.Any;
        var name = (config.HostnameOverride is { Length: > 0 } given ? given : hostname).Trim().ToLowerInvariant();
        CheckMode();
        var options = new ProxyOptions(name)
        {
            BindAddress = bind,
            BindAddressHardFail = config.BindAddressHardFail ?? false,
            DetectLocalMode = Mode(),
            ClusterCidrs = Cidrs("clusterCIDR", (config.ClusterCidr ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)),
            BridgeInterface = config.DetectLocal?.BridgeInterface ?? "",
            InterfaceNamePrefix = config.DetectLocal?.InterfaceNamePrefix ?? "",
            HealthAddress = EndPoint("healthzBindAddress", config.HealthzBindAddress, bind.Family() == IPFamily.IPv6 ? IPAddress.IPv6Any : IPAddress.Any, HealthPort),
            MetricsAddress = EndPoint("metricsBindAddress", config.MetricsBindAddress, bind.Family() == IPFamily.IPv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, MetricsPort),
            OomScoreAdj = InRange("oomScoreAdj", config.OomScoreAdj ?? -999, -1000, 1000),
            Conntrack = Conntrack(config.Conntrack ?? new()),
        };
        options = WithIptables(WithNodePortAddresses(options), config.Iptables ?? new());
        Check(options);
        return _errors.Count == 0 ? options : null;
    }

    private void CheckMode()
    {
        if (config.Mode is not (null or "" or "iptables"))
        {
            _errors.Add($"mode: \"{config.Mode}\" is not supported: this kube-proxy has iptables mode only; leave the field out or set \"iptables\"");
        }
    }

    private DetectLocalMode Mode()
    {
        if (config.DetectLocalMode is null or "")
        {
            return DetectLocalMode.ClusterCIDR;
        }

        if (Enum.TryParse<DetectLocalMode>(config.DetectLocalMode, out var mode))
        {
            return mode;
        }

        _errors.Add($"detectLocalMode: \"{config.DetectLocalMode}\" is none of {string.Join(", ", Enum.GetNames<DetectLocalMode>())}");
        return DetectLocalMode.ClusterCIDR;
    }

    private ProxyOptions WithNodePortAddresses(ProxyOptions options)
    {
        var given = config.NodePortAddresses ?? [];
        if (!given.Contains("primary"))
        {
            return options with { NodePortAddresses = Cidrs("nodePortAddresses", given) };
        }

        if (given.Count > 1)
        {
            _errors.Add("nodePortAddresses: \"primary\" cannot stand beside other values");
        }

        return options with { NodePortsOnPrimaryOnly = true };
    }

    private ProxyOptions WithIptables(ProxyOptions options, IptablesConfiguration iptables) => options with
    {
        MasqueradeAll = iptables.MasqueradeAll ?? false,
        MasqueradeBit = InRange("iptables.masqueradeBit", iptables.MasqueradeBit ?? 14, 0, 31),
        LocalhostNodePorts = iptables.LocalhostNodePorts ?? true,
        SyncPeriod = OrDefault(iptables.SyncPeriod, TimeSpan.FromSeconds(30)),
        MinSyncPeriod = OrDefault(iptables.MinSyncPeriod, TimeSpan.FromSeconds(1)),
    };

    private ConntrackOptions Conntrack(ConntrackConfiguration conntrack)
    {
        NotNegative("conntrack.tcpEstablishedTimeout", conntrack.TcpEstablishedTimeout);
        NotNegative("conntrack.tcpCloseWaitTimeout", conntrack.TcpCloseWaitTimeout);
        NotNegative("conntrack.udpTimeout", conntrack.UdpTimeout);
        NotNegative("conntrack.udpStreamTimeout", conntrack.UdpStreamTimeout);
        return new ConntrackOptions(
            InRange("conntrack.maxPerCore", conntrack.MaxPerCore ?? 32 * 1024, 0, int.MaxValue),
            InRange("conntrack.min", conntrack.Min ?? 128 * 1024, 0, int.MaxValue),
            conntrack.TcpEstablishedTimeout ?? TimeSpan.FromHours(24),
            conntrack.TcpCloseWaitTimeout ?? TimeSpan.FromHours(1),
            conntrack.TcpBeLiberal ?? false,
            NullIfZero(conntrack.UdpTimeout),
            NullIfZero(conntrack.UdpStreamTimeout));
    }

    private void Check(ProxyOptions options)
    {
        NotNegative("iptables.minSyncPeriod", options.MinSyncPeriod);
        if (options.SyncPeriod <= TimeSpan.Zero)
        {
            _errors.Add("iptables.syncPeriod: must be greater than 0");
        }
        else if (options.MinSyncPeriod > options.SyncPeriod)
        {
            _errors.Add("iptables.minSyncPeriod: must not be greater than iptables.syncPeriod");
        }

        if (options.DetectLocalMode == DetectLocalMode.BridgeInterface)
        {
            CheckInterface("detectLocal.bridgeInterface", options.BridgeInterface, "BridgeInterface");
        }

        if (options.DetectLocalMode == DetectLocalMode.InterfaceNamePrefix)
        {
            CheckInterface("detectLocal.interfaceNamePrefix", options.InterfaceNamePrefix, "InterfaceNamePrefix");
        }

        if (options.ClusterCidrs.GroupBy(c => c.BaseAddress.Family()).Any(g => g.Count() > 1))
        {
            _errors.Add($"clusterCIDR: \"{config.ClusterCidr}\" names more than one range of a family");
        }

        if (options.NodeName.Length == 0)
        {
            _errors.Add("hostnameOverride: the host has no name; name the node here");
        }
    }

    private void CheckInterface(string path, string name, string mode)
    {
        if (name.Length is 0 or > 15)
        {
            _errors.Add($"{path}: detectLocalMode {mode} needs the name of an interface here, of at most 15 characters");
        }
    }

    private IPAddress? Address(string path, string? text)
    {
        if (SloppyIP.TryParse(text, out var address))
        {
            return address;
        }

        if (!string.IsNullOrEmpty(text))
        {
            _errors.Add($"{path}: \"{text}\" is not an IP address");
        }

        return null;
    }

    private IPEndPoint EndPoint(string path, string? text, IPAddress address, int port)
    {
        if (string.IsNullOrEmpty(text))
        {
            return new IPEndPoint(address, port);
        }

        if (SloppyIP.TryParse(text, out var only))
        {
            return new IPEndPoint(only, port);
        }

        if (IPEndPoint.TryParse(text, out var endPoint) && (text.EndsWith($":{endPoint.Port}", StringComparison.Ordinal) || endPoint.Port != 0))
        {
            return endPoint;
        }

        _errors.Add($"{path}: \"{text}\" is not an IP address and port");
        return new IPEndPoint(address, port);
    }

    private ValueList<IPNetwork> Cidrs(string path, IReadOnlyList<string> texts)
    {
        var result = new List<IPNetwork>();
        foreach (var text in texts)
        {
            if (SloppyIP.TryParseCidr(text, out var range))
            {
                result.Add(range);
            }
            else
            {
                _errors.Add($"{path}: \"{text}\" is not an address range such as 10.244.0.0/16");
            }
        }

        return result.ToValueList();
    }

    private int InRange(string path, int value, int min, int max)
    {
        if (value < min || value > max)
        {
            _errors.Add($"{path}: {value} is not within [{min}, {max}]");
        }

        return value;
    }

    private void NotNegative(string path, TimeSpan? value)
    {
        if (value < TimeSpan.Zero)
        {
            _errors.Add($"{path}: must not be negative");
        }
    }

    private static TimeSpan? NullIfZero(TimeSpan? value) => value == TimeSpan.Zero ? null : value;

    private static TimeSpan OrDefault(TimeSpan? value, TimeSpan otherwise) => value is { } given && given != TimeSpan.Zero ? given : otherwise;
}
