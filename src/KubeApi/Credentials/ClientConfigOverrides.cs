namespace NodeAgent.KubeApi.Credentials;

/// <summary>What flags say in place of the kubeconfig.</summary>
/// <param name="Server">The address of the API server (<c>--master</c>).</param>
public sealed record ClientConfigOverrides(string? Context = null, string? Cluster = null, string? User = null, string? Server = null);
