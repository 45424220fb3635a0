namespace NodeAgent.Kubelet.Config;

internal sealed class KubeletAuthorization
{
    public string Mode { get; set; } = "Webhook";

    public KubeletWebhookAuthorization Webhook { get; set; } = new();
}
