using NodeAgent.Hosting.Config;

namespace NodeAgent.Kubelet.Config;

internal sealed class KubeletAuthorization
{
    [ZeroIsDefault]
    public string Mode { get; set; } = "Webhook";

    public KubeletWebhookAuthorization Webhook { get; set; } = new();
}
