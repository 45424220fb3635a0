namespace NodeAgent.Kubelet.Pods.Statuses;

/// <summary>Why the node refused a pod or ended it: its <c>status.reason</c> and <c>status.message</c>.</summary>
internal sealed record Verdict(string Reason, string Message);
