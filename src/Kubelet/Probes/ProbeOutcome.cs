namespace NodeAgent.Kubelet.Probes;

/// <summary>What the probes of one kind have established about a container.</summary>
internal enum ProbeOutcome
{
    /// <summary>Not enough runs yet to say.</summary>
    Unknown,
    Success,
    Failure,
}
