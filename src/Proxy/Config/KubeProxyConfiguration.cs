namespace NodeAgent.Proxy.Config;

/// <summary>KubeProxyConfiguration of kubeproxy.config.k8s.io/v1alpha1: the names and shapes are upstream's. Null means the default.</summary>
internal sealed record KubeProxyConfiguration
{
    public string? BindAddress { get; set; }

    public bool? BindAddressHardFail { get; set; }

    public ClientConnectionConfiguration? ClientConnection { get; set; }

    public string? ClusterCIDR { get; set; }

    public TimeSpan? ConfigSyncPeriod { get; set; }

    public ConntrackConfiguration? Conntrack { get; set; }

    public DetectLocalConfiguration? DetectLocal { get; set; }

    public string? DetectLocalMode { get; set; }

    public bool? EnableProfiling { get; set; }

    public Dictionary<string, bool>? FeatureGates { get; set; }

    public string? HealthzBindAddress { get; set; }

    public string? HostnameOverride { get; set; }

    public IptablesConfiguration? Iptables { get; set; }

    public Dictionary<string, object?>? Ipvs { get; set; }

    public Dictionary<string, object?>? Logging { get; set; }

    public string? MetricsBindAddress { get; set; }

    public string? Mode { get; set; }

    public Dictionary<string, object?>? Nftables { get; set; }

    public List<string>? NodePortAddresses { get; set; }

    public int? OomScoreAdj { get; set; }

    public string? ApiVersion { get; set; }

    public string? Kind { get; set; }

    public string? PortRange { get; set; }

    public string? ShowHiddenMetricsForVersion { get; set; }

    public bool? WindowsRunAsService { get; set; }

    public Dictionary<string, object?>? Winkernel { get; set; }
}
