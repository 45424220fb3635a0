namespace NodeAgent.ContainerRuntime.Docker.Network;

/// <summary>The network that a new sandbox gets.</summary>
/// <param name="Kind">cni, bridge or host, as the sandbox's label says it.</param>
/// <param name="DockerMode">Docker's network mode for it.</param>
/// <param name="Cni">The CNI network, when it is one.</param>
internal sealed record NetworkChoice(string Kind, string DockerMode, CniConfig? Cni);
