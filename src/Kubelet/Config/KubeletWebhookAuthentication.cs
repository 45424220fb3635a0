using NodeAgent.Hosting.Config;

namespace NodeAgent.Kubelet.Config;

internal sealed class KubeletWebhookAuthentication
{
    public bool Enabled { get; set; } = true;

    [ConfigField("cacheTTL")]
    public TimeSpan CacheTtl { get; set; } = TimeSpan.FromMinutes(2);
}
