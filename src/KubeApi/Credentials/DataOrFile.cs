namespace NodeAgent.KubeApi.Credentials;

/// <summary>PEM text that stands in the kubeconfig itself, or the file that holds it and is read again when it changes.</summary>
public sealed record DataOrFile(byte[]? Data, string? File)
{
    /// <summary>For messages: the file's path, or that the data is inline.</summary>
    public override string ToString() => File ?? "inline data";
}
