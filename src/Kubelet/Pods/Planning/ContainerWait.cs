using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Pods.Planning;

/// <summary>A container that would be started now, were it not for its crash back-off.</summary>
internal sealed record ContainerWait(Container Spec, ContainerKind Kind, TimeSpan BackOff, DateTimeOffset Until);
