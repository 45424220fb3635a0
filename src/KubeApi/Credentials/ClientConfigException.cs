namespace NodeAgent.KubeApi.Credentials;

/// <summary>A kubeconfig, or a file that it names, is missing, unreadable or wrong; the message says which, where and why.</summary>
public sealed class ClientConfigException(string message, Exception? cause = null) : Exception(message, cause);
