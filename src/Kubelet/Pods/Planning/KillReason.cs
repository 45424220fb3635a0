namespace NodeAgent.Kubelet.Pods.Planning;

/// <summary>Why a container is killed while its pod goes on; decides whose grace period holds.</summary>
internal enum KillReason
{
    Other,
    StartupProbe,
    LivenessProbe,
}
