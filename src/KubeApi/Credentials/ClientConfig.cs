namespace NodeAgent.KubeApi.Credentials;

/// <summary>How to reach one API server and as whom: what a kubeconfig, with everything merged and resolved, comes to.</summary>
public sealed record ClientConfig(Uri Server)
{
    /// <summary>Where this came from, for messages: <c>context admin in /etc/kubernetes/admin.conf</c>.</summary>
    public string Source { get; init; } = "the program";

    public string Namespace { get; init; } = "default";

    public string? TlsServerName { get; init; }

    public bool InsecureSkipTlsVerify { get; init; }

    public DataOrFile? CertificateAuthority { get; init; }

    public DataOrFile? ClientCertificate { get; init; }

    public DataOrFile? ClientKey { get; init; }

    public string? Token { get; init; }

    /// <summary>Read again as it rotates; wins over <see cref="Token"/>.</summary>
    public string? TokenFile { get; init; }

    public string? Username { get; init; }

    public string? Password { get; init; }

    public ExecConfig? Exec { get; init; }

    public Impersonation? Impersonate { get; init; }

    public Uri? Proxy { get; init; }

    public bool DisableCompression { get; init; }

    /// <summary>Unknown fields and other things that are tolerated but should be told once.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>
    /// Reads the file given, which must exist; or without one what KUBECONFIG names, all of it merged, or
    /// <c>~/.kube/config</c>; or when there is none of these the service account of the pod that this runs in.
    /// </summary>
    /// <exception cref="ClientConfigException"/>
    public static ClientConfig Load(string? kubeconfigPath, ClientConfigOverrides? overrides = null) =>
        Checked(new ClientConfigLoader(Environment.GetEnvironmentVariable).Load(kubeconfigPath, overrides ?? new ClientConfigOverrides()));

    /// <summary>The service account of the pod that this runs in.</summary>
    /// <exception cref="ClientConfigException"/>
    public static ClientConfig InCluster() => Checked(new ClientConfigLoader(Environment.GetEnvironmentVariable).InCluster());

    /// <summary>Never prints secrets.</summary>
    public override string ToString() => $"{Server} ({Source})";

    /// <summary>Reads the certificates once, so that a bad one is told at the start and not at the first request.</summary>
    private static ClientConfig Checked(ClientConfig config)
    {
        PemFiles.Parse(config, PemFiles.Read(config));
        return config;
    }
}
