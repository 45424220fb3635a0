namespace NodeAgent.Kubelet.Images.Credentials;

/// <summary>What a plugin gets to know of the pod's service account.</summary>
internal sealed class CredentialProviderToken
{
    /// <summary>The answer is kept for pods of the same service account.</summary>
    public const string CacheByServiceAccount = "ServiceAccount";

    /// <summary>The answer is kept for this very token.</summary>
    public const string CacheByToken = "Token";

    public string ServiceAccountTokenAudience { get; set; } = "";

    public string CacheType { get; set; } = "";

    /// <summary>Whether the plugin is not asked for pods without a service account.</summary>
    public bool? RequireServiceAccount { get; set; }

    /// <summary>Annotations of the service account that go to the plugin; without one of them it is not asked.</summary>
    public List<string> RequiredServiceAccountAnnotationKeys { get; set; } = [];

    public List<string> OptionalServiceAccountAnnotationKeys { get; set; } = [];
}
