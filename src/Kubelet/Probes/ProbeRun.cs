namespace NodeAgent.Kubelet.Probes;

/// <param name="Output">For people: why it failed, or what the warning is.</param>
/// <param name="Errored">The probe itself could not be run, which counts as a failure but is told in other words.</param>
internal readonly record struct ProbeRun(bool Succeeded, string Output, bool Warning = false, bool Errored = false);
