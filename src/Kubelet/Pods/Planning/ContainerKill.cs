using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Pods.Planning;

/// <param name="Message">For the Killing event.</param>
internal sealed record ContainerKill(ObservedContainer Container, Container Spec, ContainerKind Kind, string Message, KillReason Reason);
