using System.Collections.Immutable;
using System.Text;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Kubelet.Images.Credentials;

namespace NodeAgent.Kubelet.Tests.Images.Credentials;

public sealed class CredentialPluginTests : IDisposable
{
    private const string Version = "credentialprovider.kubelet.k8s.io/v1";

    private readonly string _folder = Directory.CreateTempSubdirectory("na-plugin-").FullName;
    private readonly MetricsRegistry _registry = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Write_ARequest_IsUpstreamsJson()
    {
        Assert.Equal($$"""{"kind":"CredentialProviderRequest","apiVersion":"{{Version}}","image":"r.example/app"}""", Text(new CredentialRequest("r.example/app", "", ImmutableSortedDictionary<string, string>.Empty)));
        Assert.Equal(
            $$$"""{"kind":"CredentialProviderRequest","apiVersion":"{{{Version}}}","image":"r.example/app","serviceAccountToken":"t","serviceAccountAnnotations":{"a/b":"c"}}""",
            Text(new CredentialRequest("r.example/app", "t", ImmutableSortedDictionary<string, string>.Empty.Add("a/b", "c"))));

        static string Text(CredentialRequest request) => Encoding.UTF8.GetString(CredentialPlugin.Write(request, Version));
    }

    [Fact]
    public async Task Ask_AProgram_GetsArgumentsEnvironmentAndRequest_AndItsAnswerIsRead()
    {
        var plugin = Plugin($$$$"""
            request=$(cat)
            echo "$1 $EXTRA $request" >{{{{_folder}}}}/seen
            echo '{"kind":"CredentialProviderResponse","apiVersion":"{{{{Version}}}}","cacheKeyType":"Registry","cacheDuration":"1m30s","auth":{"r.example":{"username":"u","password":"p"}}}'
            """);

        var answer = await plugin.AskAsync(Request, CancellationToken.None);

        Assert.Equal(("Registry", TimeSpan.FromSeconds(90)), (answer.CacheKeyType, answer.CacheDuration));
        var (name, login) = Assert.Single(answer.Logins);
        Assert.Equal(("r.example", "u", "p"), (name, login.Username, login.Password));
        Assert.StartsWith("first of-the-config {\"kind\":\"CredentialProviderRequest\"", File.ReadAllText(Path.Combine(_folder, "seen")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ask_AProgramThatFails_TellsItsErrors_AndCountsThem()
    {
        var error = await Assert.ThrowsAsync<CredentialProviderException>(() => Plugin("echo no network >&2; exit 3").AskAsync(Request, CancellationToken.None));

        Assert.Equal("credential provider plugin test failed for image r.example/app: exit status 3: no network", error.Message);
        Assert.Contains("kubelet_credential_provider_plugin_errors_total{plugin_name=\"test\"} 1", Encoding.UTF8.GetString(_registry.Expose().Span), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1beta1","cacheKeyType":"Image"}""", "answered with apiVersion \"credentialprovider.kubelet.k8s.io/v1beta1\"")]
    [InlineData("""{"kind":"Other","apiVersion":"credentialprovider.kubelet.k8s.io/v1","cacheKeyType":"Image"}""", "answered with kind \"Other\"")]
    [InlineData("""{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1","cacheKeyType":"Pod"}""", "did not return a valid cacheKeyType: \"Pod\"")]
    [InlineData("""{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1","cacheKeyType":"Image","auth":{"r":"s3cret"}}""", "cannot be read")]
    [InlineData("s3cret", "cannot be read")]
    public void Read_AWrongAnswer_IsRefused_WithoutTellingIt(string answer, string expected)
    {
        var error = Assert.Throws<CredentialProviderException>(() => Plugin("").Read(Encoding.UTF8.GetBytes(answer)));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", error.ToString(), StringComparison.Ordinal);
    }

    private static CredentialRequest Request => new("r.example/app", "", ImmutableSortedDictionary<string, string>.Empty);

    private CredentialPlugin Plugin(string script)
    {
        var path = Path.Combine(_folder, "test");
        File.WriteAllText(path, "#!/bin/sh\n" + script + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var provider = new CredentialProvider { Name = "test", ApiVersion = Version, Args = ["first"], Env = [new CredentialProviderVariable { Name = "EXTRA", Value = "of-the-config" }] };
        return new CredentialPlugin(path, provider, new CredentialProviderMetrics(_registry), TimeProvider.System);
    }
}
