namespace NodeAgent.Kubelet.Containers;

/// <summary>A container cannot be described to the runtime because of what its pod says or refers to; shown as CreateContainerConfigError.</summary>
internal sealed class ContainerConfigException(string message) : Exception(message);
