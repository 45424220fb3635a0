using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using NodeAgent.Hosting.Flags;

namespace NodeAgent.Proxy.Config;

/// <summary>A configuration with its defaults filled in, as <c>/configz</c> and <c>--write-config-to</c> show it. What this proxy does not act on is left out.</summary>
internal static class EffectiveConfiguration
{
    public static JsonObject Of(KubeProxyConfiguration config) => new()
    {
        ["apiVersion"] = KubeProxyConfiguration.Kind.ApiVersion,
        ["bindAddress"] = Or(config.BindAddress, "0.0.0.0"),
        ["bindAddressHardFail"] = config.BindAddressHardFail ?? false,
        ["clientConnection"] = new JsonObject
        {
            ["burst"] = config.ClientConnection?.Burst ?? 10,
            ["kubeconfig"] = config.ClientConnection?.Kubeconfig ?? "",
            ["qps"] = config.ClientConnection?.Qps ?? 5,
        },
        ["clusterCIDR"] = config.ClusterCidr ?? "",
        ["conntrack"] = Conntrack(config.Conntrack ?? new()),
        ["detectLocal"] = new JsonObject
        {
            ["bridgeInterface"] = config.DetectLocal?.BridgeInterface ?? "",
            ["interfaceNamePrefix"] = config.DetectLocal?.InterfaceNamePrefix ?? "",
        },
        ["detectLocalMode"] = Or(config.DetectLocalMode, nameof(DetectLocalMode.ClusterCIDR)),
        ["healthzBindAddress"] = Or(config.HealthzBindAddress, "0.0.0.0:10256"),
        ["hostnameOverride"] = config.HostnameOverride ?? "",
        ["iptables"] = Iptables(config.Iptables ?? new()),
        ["kind"] = KubeProxyConfiguration.Kind.Kind,
        ["logging"] = new JsonObject
        {
            ["format"] = Or(config.Logging?.Format, "text"),
            ["verbosity"] = config.Logging?.Verbosity ?? 0,
        },
        ["metricsBindAddress"] = Or(config.MetricsBindAddress, "127.0.0.1:10249"),
        ["mode"] = Or(config.Mode, "iptables"),
        ["nodePortAddresses"] = config.NodePortAddresses is { } given ? new JsonArray([.. given.Select(a => JsonValue.Create(a))]) : null,
        ["oomScoreAdj"] = config.OomScoreAdj ?? -999,
    };

    /// <summary>The same as a file that <c>--config</c> reads, upstream's kube-proxy's too.</summary>
    public static string Yaml(KubeProxyConfiguration config)
    {
        var text = new StringBuilder();
        Write(text, Of(config), "");
        return text.ToString();
    }

    private static JsonObject Conntrack(ConntrackConfiguration conntrack) => new()
    {
        ["maxPerCore"] = conntrack.MaxPerCore ?? 32 * 1024,
        ["min"] = conntrack.Min ?? 128 * 1024,
        ["tcpBeLiberal"] = conntrack.TcpBeLiberal ?? false,
        ["tcpCloseWaitTimeout"] = Duration(conntrack.TcpCloseWaitTimeout, TimeSpan.FromHours(1)),
        ["tcpEstablishedTimeout"] = Duration(conntrack.TcpEstablishedTimeout, TimeSpan.FromHours(24)),
        ["udpStreamTimeout"] = Duration(conntrack.UdpStreamTimeout, TimeSpan.Zero),
        ["udpTimeout"] = Duration(conntrack.UdpTimeout, TimeSpan.Zero),
    };

    private static JsonObject Iptables(IptablesConfiguration iptables) => new()
    {
        ["localhostNodePorts"] = iptables.LocalhostNodePorts ?? true,
        ["masqueradeAll"] = iptables.MasqueradeAll ?? false,
        ["masqueradeBit"] = iptables.MasqueradeBit ?? 14,
        ["minSyncPeriod"] = Duration(iptables.MinSyncPeriod, TimeSpan.FromSeconds(1)),
        ["syncPeriod"] = Duration(iptables.SyncPeriod, TimeSpan.FromSeconds(30)),
    };

    private static void Write(StringBuilder text, JsonObject value, string indent)
    {
        foreach (var (name, field) in value)
        {
            text.Append(CultureInfo.InvariantCulture, $"{indent}{name}:");
            switch (field)
            {
                case JsonObject inner:
                    text.Append('\n');
                    Write(text, inner, indent + "  ");
                    break;
                case JsonArray { Count: > 0 } list:
                    text.Append('\n');
                    foreach (var item in list)
                    {
                        text.Append(CultureInfo.InvariantCulture, $"{indent}- {item!.ToJsonString()}\n");
                    }

                    break;
                default:
                    // JSON's scalars are YAML's.
                    text.Append(CultureInfo.InvariantCulture, $" {field?.ToJsonString() ?? "null"}\n");
                    break;
            }
        }
    }

    private static string Or(string? value, string otherwise) => string.IsNullOrEmpty(value) ? otherwise : value;

    private static string Duration(TimeSpan? value, TimeSpan otherwise) => GoDuration.Format(value ?? otherwise);
}
