using NodeAgent.Hosting.Config;

namespace NodeAgent.Kubelet.Config;

internal sealed class KubeletWebhookAuthorization
{
    [ZeroIsDefault]
    [ConfigField("cacheAuthorizedTTL")]
    public TimeSpan CacheAuthorizedTtl { get; set; } = TimeSpan.FromMinutes(5);

    [ZeroIsDefault]
    [ConfigField("cacheUnauthorizedTTL")]
    public TimeSpan CacheUnauthorizedTtl { get; set; } = TimeSpan.FromSeconds(30);
}
