using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Node;

namespace NodeAgent.Kubelet.Host;

/// <summary>The host as pods are put on it.</summary>
internal sealed record PodHost(PodPaths Paths, NodeFacts Facts, ContainerDefaults Defaults)
{
    public string ReadResolvConf() => Facts.ResolvConf.Length > 0 && File.Exists(Facts.ResolvConf) ? File.ReadAllText(Facts.ResolvConf) : "";
}
