using NodeAgent.DevCluster.Images;

namespace NodeAgent.Cluster.Tests.PodLife;

/// <summary>
/// A registry that wants a password, and two plugins of the kubelet that know it: shell scripts, which write down what they are
/// asked. One is for images below plain/, the other, which gets a token of the pod's service account, for those below token/.
/// </summary>
public sealed class PluginRegistry : IAsyncDisposable
{
    public const string Audience = "registry.nodeagent.test";
    public const string Annotation = "nodeagent.test/registry-user";

    private const string Script = """
        #!/bin/sh
        request=$(cat)
        echo "$1 $request" >>"$REQUESTS"
        echo '{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1","cacheKeyType":"Registry","cacheDuration":"10m","auth":{"'"$REGISTRY"'":{"username":"test","password":"s3cret"}}}'
        """;

    private readonly RegistryHost _registry;
    private readonly string _folder;

    private PluginRegistry(RegistryHost registry, string folder)
    {
        _registry = registry;
        _folder = folder;
    }

    public string Address => _registry.Address;

    public IReadOnlyList<string> KubeletFlags => [$"--image-credential-provider-config={Path.Combine(_folder, "config.yaml")}", $"--image-credential-provider-bin-dir={Path.Combine(_folder, "bin")}"];

    /// <summary>What the plugin was asked, one JSON object a line.</summary>
    public IReadOnlyList<string> Requests(string plugin) =>
        File.Exists(RequestsFile) ? [.. File.ReadAllLines(RequestsFile).Where(l => l.StartsWith(plugin + " ", StringComparison.Ordinal)).Select(l => l[(plugin.Length + 1)..])] : [];

    private string RequestsFile => Path.Combine(_folder, "requests");

    public static async Task<PluginRegistry> StartAsync(string folder, string namespaceName)
    {
        var plugins = folder + "-plugins";
        Directory.CreateDirectory(Path.Combine(plugins, "bin"));
        var registry = await RegistryHost.StartAsync(folder, passwordNeeded: true, namespaceName);
        var result = new PluginRegistry(registry, plugins);
        using (var builder = new ImageBuilder())
        {
            var image = builder.AddText("unique", Guid.NewGuid().ToString()).Build("unused", ["/none"], []);
            await registry.PushAsync(image, "plain/app", "v1");
            await registry.PushAsync(image, "plain/again", "v1");
            await registry.PushAsync(image, "token/app", "v1");
            await registry.PushAsync(image, "secret/app", "v1");
        }

        foreach (var name in (string[])["plain", "token"])
        {
            var program = Path.Combine(plugins, "bin", name);
            await File.WriteAllTextAsync(program, Script);
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        await File.WriteAllTextAsync(Path.Combine(plugins, "config.yaml"), result.Config());
        return result;
    }

    public ValueTask DisposeAsync() => _registry.DisposeAsync();

    private string Environment => $$"""{name: REGISTRY, value: "{{Address}}"}, {name: REQUESTS, value: "{{RequestsFile}}"}""";

    private string Config() => $"""
        apiVersion: kubelet.config.k8s.io/v1
        kind: CredentialProviderConfig
        providers:
        - name: plain
          apiVersion: credentialprovider.kubelet.k8s.io/v1
          matchImages: ["{Address}/plain"]
          defaultCacheDuration: 0s
          args: [plain]
          env: [{Environment}]
        - name: token
          apiVersion: credentialprovider.kubelet.k8s.io/v1
          matchImages: ["{Address}/token"]
          defaultCacheDuration: 0s
          args: [token]
          env: [{Environment}]
          tokenAttributes:
            serviceAccountTokenAudience: {Audience}
            cacheType: ServiceAccount
            requireServiceAccount: true
            requiredServiceAccountAnnotationKeys: [{Annotation}]
        """;
}
