using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Pods.Planning;

/// <param name="IsCause">Its end is why all start anew. These go last: as long as one is there, a kubelet that starts meanwhile goes on.</param>
internal sealed record ContainerReset(ObservedContainer Container, Container Spec, ContainerKind Kind, bool IsCause);
