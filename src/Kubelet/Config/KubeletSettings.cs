using NodeAgent.Kubelet.Images.Credentials;

namespace NodeAgent.Kubelet.Config;

/// <summary>What the kubelet runs by: its config file, and the flags that have no place in it.</summary>
/// <param name="Kubeconfig">Empty for a kubelet without an API server.</param>
/// <param name="NodeIP">Empty to find it out.</param>
/// <param name="Docker">Set when the runtime is a Docker Engine, not one that speaks CRI.</param>
internal sealed record KubeletSettings(
    KubeletConfiguration Config,
    string Kubeconfig,
    string NodeName,
    string NodeIP,
    IReadOnlyDictionary<string, string> NodeLabels,
    string RootDirectory,
    string CertDirectory,
    DockerSettings? Docker)
{
    /// <summary>Has the token that a node joins with; empty when it needs none.</summary>
    public string BootstrapKubeconfig { get; init; } = "";

    /// <summary>The programs that know logins of registries, by their path.</summary>
    public IReadOnlyList<(string Program, CredentialProvider Provider)> CredentialProviders { get; init; } = [];

    /// <summary>Over the files that say which programs there are; empty without such.</summary>
    public string CredentialProvidersHash { get; init; } = "";

    public string RuntimeSocket => Config.ContainerRuntimeEndpoint.Contains("://", StringComparison.Ordinal)
        ? Config.ContainerRuntimeEndpoint[(Config.ContainerRuntimeEndpoint.IndexOf("://", StringComparison.Ordinal) + 3)..]
        : Config.ContainerRuntimeEndpoint;

    /// <summary>In microseconds; null when CPU limits are not enforced.</summary>
    public long? CpuPeriod => Config.CpuCfsQuota ? (long)Config.CpuCfsQuotaPeriod.TotalMicroseconds : null;

    /// <summary>How many images are pulled at a time; null for no limit.</summary>
    public int? ParallelPulls => (Config.SerializeImagePulls ?? Config.MaxParallelImagePulls is null or 1) ? 1 : Config.MaxParallelImagePulls;
}
