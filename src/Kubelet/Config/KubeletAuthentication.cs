namespace NodeAgent.Kubelet.Config;

internal sealed class KubeletAuthentication
{
    public KubeletX509Authentication X509 { get; set; } = new();

    public KubeletWebhookAuthentication Webhook { get; set; } = new();

    public KubeletAnonymousAuthentication Anonymous { get; set; } = new();
}
