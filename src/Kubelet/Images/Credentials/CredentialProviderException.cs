namespace NodeAgent.Kubelet.Images.Credentials;

/// <summary>A plugin gave no logins. Its message never has a login in it.</summary>
internal sealed class CredentialProviderException(string message, Exception? inner = null) : Exception(message, inner);
