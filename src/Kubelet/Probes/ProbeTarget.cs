using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Probes;

/// <summary>One running container instance that probes look at.</summary>
internal sealed record ProbeTarget(Pod Pod, Container Container, ContainerKind Kind, string ContainerId, DateTimeOffset StartedAt, string PodIP);
