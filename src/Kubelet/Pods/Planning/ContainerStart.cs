using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Pods.Planning;

/// <param name="RestartCount">The number of the instance: 0 for the first.</param>
/// <param name="FailedAt">When the instance before it ended; null when there is none or it is being killed now.</param>
internal sealed record ContainerStart(Container Spec, ContainerKind Kind, int RestartCount, DateTimeOffset? FailedAt = null);
