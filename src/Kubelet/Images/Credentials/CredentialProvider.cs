namespace NodeAgent.Kubelet.Images.Credentials;

/// <summary>One program that knows logins.</summary>
internal sealed class CredentialProvider
{
    /// <summary>The program's file in the folder of plugins.</summary>
    public string Name { get; set; } = "";

    /// <summary>The images that it is asked for: host, port and beginning of the path; <c>*</c> stands for (a part of) one label of the host.</summary>
    public List<string> MatchImages { get; set; } = [];

    /// <summary>How long an answer is kept that does not say so itself.</summary>
    public TimeSpan? DefaultCacheDuration { get; set; }

    /// <summary>The version of credentialprovider.kubelet.k8s.io that it speaks.</summary>
    public string ApiVersion { get; set; } = "";

    public List<string> Args { get; set; } = [];

    public List<CredentialProviderVariable> Env { get; set; } = [];

    /// <summary>Set when it gets a token of the pod's service account.</summary>
    public CredentialProviderToken? TokenAttributes { get; set; }
}
