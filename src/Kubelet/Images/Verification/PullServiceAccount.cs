namespace NodeAgent.Kubelet.Images.Verification;

/// <summary>A service account whose token a credential plugin pulled with.</summary>
internal sealed record PullServiceAccount(string Uid, string Namespace, string Name);
