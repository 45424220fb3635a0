namespace NodeAgent.ContainerRuntime.Cri;

/// <summary>The address of a CRI engine: the path of a unix socket.</summary>
public sealed record CriEndpoint
{
    private const string Scheme = "unix://";

    /// <summary>sockaddr_un holds 108 bytes, the last of them zero.</summary>
    private const int MaxPathBytes = 107;

    private CriEndpoint(string path) => SocketPath = path;

    public string SocketPath { get; }

    /// <summary>Reads an address as --container-runtime-endpoint takes it. A bare absolute path means a unix socket.</summary>
    /// <exception cref="FormatException">It is no address of a unix socket.</exception>
    public static CriEndpoint Parse(string endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        var path = endpoint.StartsWith(Scheme, StringComparison.Ordinal) ? endpoint[Scheme.Length..] : endpoint;
        if (path.Length < 2 || path[0] != '/' || path.Contains('\0'))
        {
            throw new FormatException(
                $"container runtime endpoint \"{endpoint}\" is not the address of a unix socket; write it as unix:///run/containerd/containerd.sock");
        }

        if (System.Text.Encoding.UTF8.GetByteCount(path) > MaxPathBytes)
        {
            throw new FormatException($"container runtime endpoint \"{endpoint}\" is longer than the {MaxPathBytes} bytes that the path of a unix socket may have");
        }

        return new CriEndpoint(path);
    }

    public override string ToString() => Scheme + SocketPath;
}
