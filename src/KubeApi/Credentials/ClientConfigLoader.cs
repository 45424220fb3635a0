namespace NodeAgent.KubeApi.Credentials;

/// <summary>Finds the configuration that applies.</summary>
internal sealed class ClientConfigLoader(Func<string, string?> environment, string serviceAccountFolder = ClientConfigLoader.ServiceAccountFolder)
{
    public const string ServiceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

    public ClientConfig Load(string? path, ClientConfigOverrides overrides)
    {
        if (!string.IsNullOrEmpty(path))
        {
            return KubeconfigResolver.Resolve(Kubeconfig.Read(path), overrides);
        }

        if (environment("KUBECONFIG") is { Length: > 0 } list)
        {
            var files = list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Distinct().ToList();
            var found = files.Where(File.Exists).Select(Kubeconfig.Read).ToList();
            if (found.Count > 0)
            {
                return KubeconfigResolver.Resolve(Kubeconfig.Merge(found), overrides);
            }

            if (!IsInCluster)
            {
                throw new ClientConfigException($"KUBECONFIG names {string.Join(", ", files)}, and no such file exists");
            }
        }
        else if (environment("HOME") is { Length: > 0 } home && Path.Combine(home, ".kube/config") is var file && File.Exists(file))
        {
            return KubeconfigResolver.Resolve(Kubeconfig.Read(file), overrides);
        }

        if (IsInCluster)
        {
            return InCluster();
        }

        return overrides.Server is { } server
            ? new ClientConfig(KubeconfigResolver.ParseServer(server, "the server given", false)) { Source = "the server given" }
            : throw new ClientConfigException("no kubeconfig was given, KUBECONFIG is not set, ~/.kube/config does not exist, and this does not run in a pod; name a kubeconfig with --kubeconfig");
    }

    public ClientConfig InCluster()
    {
        var host = environment("KUBERNETES_SERVICE_HOST");
        var port = environment("KUBERNETES_SERVICE_PORT");
        if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port))
        {
            throw new ClientConfigException("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: this does not run in a pod");
        }

        var token = Path.Combine(serviceAccountFolder, "token");
        if (!File.Exists(token))
        {
            throw new ClientConfigException($"this runs in a pod but {token} does not exist; is automountServiceAccountToken off?");
        }

        var authority = Path.Combine(serviceAccountFolder, "ca.crt");
        var namespaceFile = Path.Combine(serviceAccountFolder, "namespace");
        var address = host.Contains(':') && !host.StartsWith('[') ? $"[{host}]" : host;
        return new ClientConfig(new Uri($"https://{address}:{port}/"))
        {
            Source = "the pod's service account",
            TokenFile = token,
            CertificateAuthority = File.Exists(authority) ? new DataOrFile(null, authority) : null,
            Namespace = File.Exists(namespaceFile) ? File.ReadAllText(namespaceFile).Trim() : "default",
        };
    }

    private bool IsInCluster =>
        !string.IsNullOrEmpty(environment("KUBERNETES_SERVICE_HOST"))
        && !string.IsNullOrEmpty(environment("KUBERNETES_SERVICE_PORT"))
        && File.Exists(Path.Combine(serviceAccountFolder, "token"));
}
