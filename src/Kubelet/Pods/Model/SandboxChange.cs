namespace NodeAgent.Kubelet.Pods.Model;

/// <param name="Attempt">The attempt number of the sandbox that is to be made.</param>
/// <param name="Why">For the log.</param>
internal readonly record struct SandboxChange(uint Attempt, string Why);
