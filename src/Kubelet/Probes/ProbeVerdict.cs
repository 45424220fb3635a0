namespace NodeAgent.Kubelet.Probes;

/// <summary>What the probes say of one container instance; null where the container has no such probe or it has not run on this instance.</summary>
internal readonly record struct ProbeVerdict(ProbeOutcome? Startup, ProbeOutcome? Readiness, ProbeOutcome? Liveness);
