using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Pods.Planning;

/// <summary>A running container whose resources are to become those of its spec.</summary>
/// <param name="Restart">Its policy wants it restarted for that.</param>
internal sealed record ContainerResize(ObservedContainer Container, Container Spec, ContainerKind Kind, bool Restart);
