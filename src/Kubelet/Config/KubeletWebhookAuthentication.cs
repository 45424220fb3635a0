using NodeAgent.Hosting.Config;

namespace NodeAgent.Kubelet.Config;

internal sealed class KubeletWebhookAuthentication
{
    public bool Enabled { get; set; } = true;

    [ZeroIsDefault]
    [ConfigField("cacheTTL")]
    public TimeSpan CacheTtl { get; set; } = TimeSpan.FromMinutes(2);
}
