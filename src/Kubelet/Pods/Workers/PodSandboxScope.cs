using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Volumes;

namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>What the containers of one pod share while they are started.</summary>
/// <param name="Handler">The runtime handler that the pod's runtime class names; empty for the default.</param>
/// <param name="Hostname">Names of the pod, the most qualified first.</param>
internal sealed record PodSandboxScope(
    Pod Pod,
    string SandboxId,
    Cri.PodSandboxConfig Config,
    DownwardFields Fields,
    ReadyVolumes Volumes,
    IReadOnlyList<string> Hostname,
    ObservedPod Observed,
    string Handler);
