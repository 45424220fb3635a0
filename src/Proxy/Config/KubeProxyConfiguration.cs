using System.Text.Json.Serialization;
using NodeAgent.Hosting.Config;

namespace NodeAgent.Proxy.Config;

/// <summary>KubeProxyConfiguration of kubeproxy.config.k8s.io/v1alpha1: the names and shapes are upstream's. Null means the default.</summary>
[NotActedOn("configSyncPeriod", "enableProfiling", "featureGates", "ipvs", "nftables", "portRange", "showHiddenMetricsForVersion", "windowsRunAsService", "winkernel")]
internal sealed record KubeProxyConfiguration
{
    public static readonly ConfigKind Kind = new("kubeproxy.config.k8s.io/v1alpha1", "KubeProxyConfiguration");

    public string? BindAddress { get; set; }

    public bool? BindAddressHardFail { get; set; }

    public ClientConnectionConfiguration? ClientConnection { get; set; }

    [ConfigField("clusterCIDR")]
    [JsonPropertyName("clusterCIDR")]
    public string? ClusterCidr { get; set; }

    public ConntrackConfiguration? Conntrack { get; set; }

    public DetectLocalConfiguration? DetectLocal { get; set; }

    public string? DetectLocalMode { get; set; }

    public string? HealthzBindAddress { get; set; }

    public string? HostnameOverride { get; set; }

    public IptablesConfiguration? Iptables { get; set; }

    public LoggingConfiguration? Logging { get; set; }

    public string? MetricsBindAddress { get; set; }

    public string? Mode { get; set; }

    public List<string>? NodePortAddresses { get; set; }

    public int? OomScoreAdj { get; set; }
}
