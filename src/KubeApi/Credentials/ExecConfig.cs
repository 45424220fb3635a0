namespace NodeAgent.KubeApi.Credentials;

/// <summary>A program that prints credentials (client.authentication.k8s.io).</summary>
/// <param name="InstallHint">Shown when the program does not exist.</param>
/// <param name="InteractiveMode">Never, IfAvailable or Always.</param>
public sealed record ExecConfig(
    string ApiVersion,
    string Command,
    IReadOnlyList<string> Arguments,
    IReadOnlyList<KeyValuePair<string, string>> Environment,
    string? InstallHint,
    bool ProvideClusterInfo,
    string InteractiveMode,
    string? ClusterConfigJson);
