using NodeAgent.Hosting.Config;

namespace NodeAgent.Kubelet.Config;

internal sealed class KubeletX509Authentication
{
    [ConfigField("clientCAFile")]
    public string ClientCaFile { get; set; } = "";
}
