namespace NodeAgent.Hosting.Config;

/// <param name="ApiVersion">Such as <c>kubelet.config.k8s.io/v1beta1</c>.</param>
/// <param name="Kind">Such as <c>KubeletConfiguration</c>.</param>
public sealed record ConfigKind(string ApiVersion, string Kind);
