namespace NodeAgent.Kubelet.Images.Credentials;

/// <summary>A variable in the environment of a plugin, beside those of the kubelet.</summary>
internal sealed class CredentialProviderVariable
{
    public string Name { get; set; } = "";

    public string Value { get; set; } = "";
}
