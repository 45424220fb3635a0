namespace NodeAgent.Kubelet.Pods.Statuses;

/// <summary>Why a container that should run does not: what its status shows as the waiting reason.</summary>
internal sealed record StartFailure(string Reason, string Message);
