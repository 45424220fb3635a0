using NodeAgent.Hosting.Config;

namespace NodeAgent.Kubelet.Config;

internal sealed class KubeletWebhookAuthorization
{
    [ConfigField("cacheAuthorizedTTL")]
    public TimeSpan CacheAuthorizedTtl { get; set; } = TimeSpan.FromMinutes(5);

    [ConfigField("cacheUnauthorizedTTL")]
    public TimeSpan CacheUnauthorizedTtl { get; set; } = TimeSpan.FromSeconds(30);
}
