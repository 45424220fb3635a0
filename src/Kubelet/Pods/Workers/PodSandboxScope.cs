using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>What the containers of one pod share while they are started.</summary>
/// <param name="Volumes">Volume name to path on the host.</param>
/// <param name="Hostname">Names of the pod, the most qualified first.</param>
internal sealed record PodSandboxScope(
    Pod Pod,
    string SandboxId,
    Cri.PodSandboxConfig Config,
    DownwardFields Fields,
    IReadOnlyDictionary<string, string> Volumes,
    IReadOnlyList<string> Hostname,
    ObservedPod Observed);
