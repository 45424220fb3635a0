namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>Something that a pod's worker is in the middle of.</summary>
/// <param name="What">As a verb in -ing: "setting up its volumes".</param>
/// <param name="Expected">How long it may take before somebody is told.</param>
/// <param name="Since">A timestamp of the time provider.</param>
internal sealed record Undertaking(string What, TimeSpan Expected, long Since);
