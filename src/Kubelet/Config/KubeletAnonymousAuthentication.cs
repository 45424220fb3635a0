namespace NodeAgent.Kubelet.Config;

internal sealed class KubeletAnonymousAuthentication
{
    public bool Enabled { get; set; }
}
