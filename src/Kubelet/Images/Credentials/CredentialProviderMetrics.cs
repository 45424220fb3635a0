using NodeAgent.Hosting.Metrics;

namespace NodeAgent.Kubelet.Images.Credentials;

/// <summary>kubelet_credential_provider_*; only a kubelet with such plugins has them.</summary>
internal sealed class CredentialProviderMetrics(MetricsRegistry registry)
{
    public Counter Errors { get; } = registry.CreateCounter("kubelet_credential_provider_plugin_errors_total", "Number of errors from credential provider plugin", "plugin_name");

    public Histogram Durations { get; } = registry.CreateHistogram("kubelet_credential_provider_plugin_duration", "Duration of execution in seconds for credential provider plugin", "plugin_name");

    public void SetConfig(string hash) =>
        registry.CreateGauge("kubelet_credential_provider_config_info", "Information about the last applied credential provider configuration with hash as label", "hash").WithLabels(hash).Set(1);
}
