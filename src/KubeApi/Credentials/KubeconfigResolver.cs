namespace NodeAgent.KubeApi.Credentials;

/// <summary>Follows the current context to its cluster and user, and checks that what they say can be.</summary>
internal static class KubeconfigResolver
{
    private static readonly HashSet<string> ContextFields = ["cluster", "user", "namespace", "extensions"];

    private static readonly HashSet<string> ClusterFields =
        ["server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority", "certificate-authority-data", "proxy-url", "disable-compression", "extensions"];

    public static ClientConfig Resolve(Kubeconfig file, ClientConfigOverrides overrides)
    {
        var context = FindContext(file, overrides, out var contextName);
        var clusterName = overrides.Cluster ?? context?.NonEmpty("cluster");
        var userName = overrides.User ?? context?.NonEmpty("user");
        var source = contextName is null ? file.Origin : $"context {contextName} in {file.Origin}";
        context?.WarnUnknown(ContextFields);

        var cluster = Find(file.Clusters, clusterName, "cluster", source);
        var config = cluster is null
            ? new ClientConfig(ParseServer(overrides.Server ?? throw new ClientConfigException($"{source}: no cluster is named, so there is no server to talk to"), source, false))
            : ReadCluster(cluster, overrides, $"{source}: cluster {clusterName}");
        config = config with { Source = source, Namespace = context?.NonEmpty("namespace") ?? "default" };

        if (Find(file.Users, userName, "user", source) is { } user)
        {
            config = KubeconfigUser.Read(config, user, cluster, $"{source}: user {userName}");
        }

        return config with { Warnings = file.Warnings };
    }

    public static Uri ParseServer(string server, string source, bool tls)
    {
        var text = server.Contains("://", StringComparison.Ordinal) ? server : $"{(tls ? "https" : "http")}://{server}";
        if (!Uri.TryCreate(text.EndsWith('/') ? text : text + "/", UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
        {
            throw new ClientConfigException($"{source}: server \"{server}\" is no address like https://10.0.0.1:6443");
        }

        return uri.Query.Length > 0 || uri.Fragment.Length > 0
            ? throw new ClientConfigException($"{source}: server \"{server}\" must have no query and no fragment")
            : uri;
    }

    private static KubeconfigEntry? FindContext(Kubeconfig file, ClientConfigOverrides overrides, out string? name)
    {
        name = overrides.Context ?? (file.CurrentContext.Length > 0 ? file.CurrentContext : null);
        if (name is not null)
        {
            return file.Contexts.TryGetValue(name, out var context)
                ? context
                : throw new ClientConfigException($"{file.Origin}: context \"{name}\" does not exist; there {Known(file.Contexts)}");
        }

        return overrides.Cluster is not null || overrides.Server is not null
            ? null
            : throw new ClientConfigException($"{file.Origin}: current-context is not set; there {Known(file.Contexts)}");
    }

    private static KubeconfigEntry? Find(Dictionary<string, KubeconfigEntry> entries, string? name, string what, string source)
    {
        if (name is null)
        {
            return null;
        }

        return entries.TryGetValue(name, out var entry)
            ? entry
            : throw new ClientConfigException($"{source}: {what} \"{name}\" does not exist; there {Known(entries)}");
    }

    private static string Known(Dictionary<string, KubeconfigEntry> entries) => entries.Count switch
    {
        0 => "is none",
        1 => $"is {entries.Keys.First()}",
        _ => $"are {string.Join(", ", entries.Keys)}",
    };

    private static ClientConfig ReadCluster(KubeconfigEntry cluster, ClientConfigOverrides overrides, string source)
    {
        cluster.WarnUnknown(ClusterFields);
        var authority = ReadDataOrFile(cluster, "certificate-authority");
        var insecure = cluster.Flag("insecure-skip-tls-verify");
        if (insecure && authority is not null)
        {
            throw new ClientConfigException($"{source}: certificate-authority and insecure-skip-tls-verify contradict each other; remove one");
        }

        var server = overrides.Server ?? cluster.NonEmpty("server") ?? throw new ClientConfigException($"{source}: server is not set");
        return new ClientConfig(ParseServer(server, source, authority is not null || insecure))
        {
            TlsServerName = cluster.NonEmpty("tls-server-name"),
            InsecureSkipTlsVerify = insecure,
            CertificateAuthority = authority,
            Proxy = ReadProxy(cluster, source),
            DisableCompression = cluster.Flag("disable-compression"),
        };
    }

    /// <summary>Inline data wins over the file, as upstream has it.</summary>
    public static DataOrFile? ReadDataOrFile(KubeconfigEntry entry, string field)
    {
        var data = entry.Base64(field + "-data");
        var file = entry.FilePath(field);
        return data is not null ? new DataOrFile(data, null) : file is not null ? new DataOrFile(null, file) : null;
    }

    private static Uri? ReadProxy(KubeconfigEntry cluster, string source)
    {
        if (cluster.NonEmpty("proxy-url") is not { } text)
        {
            return null;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var proxy) && proxy.Scheme is ("http" or "https" or "socks5")
            ? proxy
            : throw new ClientConfigException($"{source}: proxy-url \"{text}\" is no address with http, https or socks5");
    }
}
