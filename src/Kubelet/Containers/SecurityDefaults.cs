namespace NodeAgent.Kubelet.Containers;

/// <param name="SeccompProfileRoot">The folder that localhost profiles are named in.</param>
/// <param name="SeccompDefault">Containers that name no profile get the runtime's.</param>
internal sealed record SecurityDefaults(string SeccompProfileRoot, bool SeccompDefault);
