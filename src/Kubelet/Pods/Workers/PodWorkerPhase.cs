namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>Where a worker is with its pod.</summary>
internal enum PodWorkerPhase
{
    Running,
    Terminating,
    Terminated,
    Finished,
}
