using NodeAgent.Hosting.Config;

namespace NodeAgent.Kubelet.Images.Credentials;

/// <summary>CredentialProviderConfig of kubelet.config.k8s.io: which programs know logins of registries.</summary>
internal sealed class CredentialProviderConfiguration
{
    private const string Group = "kubelet.config.k8s.io";
    private const string KindName = "CredentialProviderConfig";

    /// <summary>The versions have the same fields.</summary>
    public static readonly IReadOnlyList<ConfigKind> Kinds = [new(Group + "/v1", KindName), new(Group + "/v1beta1", KindName), new(Group + "/v1alpha1", KindName)];

    public List<CredentialProvider> Providers { get; set; } = [];
}
