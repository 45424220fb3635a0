using System.Text.Json;
using NodeAgent.DevCluster.Images;

namespace NodeAgent.Cluster.Tests.PodLife;

/// <summary>Images that need a login.</summary>
public abstract partial class PodLifeTests
{
    private const int AccountTokensSince = 34;

    private static readonly PodManifest[] ImagePods =
    [
        new("login-from-plugin", """
            restartPolicy: Never
            containers:
            - {name: main, image: REGISTRY/plain/app:v1}
            """),
        new("login-kept", """
            restartPolicy: Never
            containers:
            - {name: main, image: REGISTRY/plain/again:v1}
            """),
        new("login-by-account", """
            restartPolicy: Never
            serviceAccountName: puller
            containers:
            - {name: main, image: REGISTRY/token/app:v1}
            """),
        new("login-of-no-plugin", """
            terminationGracePeriodSeconds: 1
            containers:
            - {name: main, image: REGISTRY/other/app:v1}
            """),
    ];

    [Fact]
    public async Task Image_WhoseLoginAPluginKnows_IsPulled()
    {
        await History.WaitForEventAsync("login-from-plugin", "Pulled", "Successfully pulled image");
        await History.WaitForEventAsync("login-kept", "Pulled", "Successfully pulled image");

        // Asked once for both: its answer holds for the registry. The pulls run one after the other.
        using var request = JsonDocument.Parse(Assert.Single(cluster.Registry.Requests("plain")));
        Assert.Equal("CredentialProviderRequest", request.RootElement.GetProperty("kind").GetString());
        Assert.Equal("credentialprovider.kubelet.k8s.io/v1", request.RootElement.GetProperty("apiVersion").GetString());
        Assert.Matches("/plain/(app|again)$", request.RootElement.GetProperty("image").GetString());
        Assert.False(request.RootElement.TryGetProperty("serviceAccountToken", out _));
    }

    [FactSince(AccountTokensSince, "service account tokens for image credential plugins")]
    public async Task Plugin_ThatWantsIt_GetsATokenOfThePodsServiceAccount()
    {
        await History.WaitForEventAsync("login-by-account", "Pulled", "Successfully pulled image");

        using var request = JsonDocument.Parse(cluster.Registry.Requests("token")[0]);
        Assert.Equal("robot", request.RootElement.GetProperty("serviceAccountAnnotations").GetProperty(PluginRegistry.Annotation).GetString());
        var claims = request.RootElement.GetProperty("serviceAccountToken").GetString()!.Split('.')[1].Replace('-', '+').Replace('_', '/');
        using var token = JsonDocument.Parse(Convert.FromBase64String(claims.PadRight((claims.Length + 3) / 4 * 4, '=')));
        Assert.Equal(PluginRegistry.Audience, Assert.Single(token.RootElement.GetProperty("aud").EnumerateArray()).GetString());
        Assert.Equal("system:serviceaccount:default:puller", token.RootElement.GetProperty("sub").GetString());
        Assert.Equal("login-by-account", token.RootElement.GetProperty("kubernetes.io").GetProperty("pod").GetProperty("name").GetString());
    }

    [Fact]
    public async Task Image_WhoseLoginNobodyKnows_IsRefused()
    {
        await History.WaitAsync("login-of-no-plugin", "to be refused", p => Container(p)?.State.Waiting?.Reason is "ErrImagePull" or "ImagePullBackOff");

        Assert.DoesNotContain(cluster.Registry.Requests("plain"), r => r.Contains("other/app", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Image_PulledWithASecret_IsForThoseThatShowALogin()
    {
        await cluster.KubectlAsync("create", "secret", "docker-registry", "puller", $"--docker-server={cluster.Registry.Address}", $"--docker-username={RegistryHost.User}", $"--docker-password={RegistryHost.Password}");
        await ApplyAsync("image-of-secret", "IfNotPresent", "puller");
        await History.WaitForEventAsync("image-of-secret", "Pulled", "Successfully pulled image");

        await ApplyAsync("image-of-same-secret", "IfNotPresent", "puller");
        await ApplyAsync("image-of-nobody", "IfNotPresent", null);
        await ApplyAsync("image-of-nobody-never", "Never", null);

        await History.WaitForEventAsync("image-of-same-secret", "Pulled", "already present on machine and can be accessed by the pod");
        await History.WaitAsync("image-of-nobody", "to be refused", p => Container(p)?.State.Waiting?.Reason is "ErrImagePull" or "ImagePullBackOff");
        var refused = await History.WaitAsync("image-of-nobody-never", "to be refused", p => Container(p)?.State.Waiting?.Reason == "ErrImageNeverPull");
        Assert.EndsWith("is not present with pull policy of Never", Container(refused)!.State.Waiting.Message, StringComparison.Ordinal);

        Task ApplyAsync(string name, string policy, string? secret) => cluster.ApplyAsync(new PodManifest(name, $$"""
            terminationGracePeriodSeconds: 1
            restartPolicy: Never
            imagePullSecrets: [{{(secret is null ? "" : $"{{name: {secret}}}")}}]
            containers:
            - {name: main, image: REGISTRY/secret/app:v1, imagePullPolicy: {{policy}}}
            """).ToYaml("", cluster.Registry.Address));
    }
}
