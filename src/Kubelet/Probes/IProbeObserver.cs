namespace NodeAgent.Kubelet.Probes;

/// <summary>Is told of every run of a probe that counts. Called from many pods at once; must be quick.</summary>
internal interface IProbeObserver
{
    void OnRun(ProbeKind kind, ProbeTarget target, ProbeRun run, TimeSpan duration);

    /// <summary>The container instance is probed no more.</summary>
    void OnEnd(ProbeTarget target);
}
