using NodeAgent.Hosting.Config;
using NodeAgent.Kubelet.Images.Credentials;

namespace NodeAgent.Kubelet.Tests.Images.Credentials;

public sealed class CredentialProviderFilesTests : IDisposable
{
    private const string Good = """
        apiVersion: kubelet.config.k8s.io/v1
        kind: CredentialProviderConfig
        providers:
        - name: ecr
          matchImages: ["*.dkr.ecr.*.amazonaws.com"]
          defaultCacheDuration: 12h
          apiVersion: credentialprovider.kubelet.k8s.io/v1
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("na-creds-").FullName;

    public CredentialProviderFilesTests() => Program("ecr");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("v1")]
    [InlineData("v1beta1")]
    [InlineData("v1alpha1")]
    public void Read_EveryVersion_IsTaken(string version)
    {
        var (providers, hash) = CredentialProviderFiles.Read(Write("c.yaml", Good.Replace("config.k8s.io/v1", "config.k8s.io/" + version, StringComparison.Ordinal)), _folder);

        Assert.Equal(("ecr", TimeSpan.FromHours(12)), (Assert.Single(providers).Name, providers[0].DefaultCacheDuration));
        Assert.Matches("^sha256:[0-9a-f]{64}$", hash);
    }

    [Fact]
    public void Read_AFolder_TakesItsFilesInOrder()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "conf")).FullName;
        Program("gcr");
        File.WriteAllText(Path.Combine(folder, "20.json"), """{"apiVersion":"kubelet.config.k8s.io/v1","kind":"CredentialProviderConfig","providers":[{"name":"gcr","matchImages":["gcr.io"],"defaultCacheDuration":"0s","apiVersion":"credentialprovider.kubelet.k8s.io/v1"}]}""");
        File.WriteAllText(Path.Combine(folder, "10.yaml"), Good);
        File.WriteAllText(Path.Combine(folder, "30.txt"), "not one of them");

        Assert.Equal(["ecr", "gcr"], CredentialProviderFiles.Read(folder, _folder).Providers.Select(p => p.Name));
    }

    [Theory]
    [InlineData("apiVersion: credentialprovider.kubelet.k8s.io/v1", "apiVersion: credentialprovider.kubelet.k8s.io/v9", "is none of")]
    [InlineData("name: ecr", "name: a/b", "must be the name of a file")]
    [InlineData("name: ecr", "name: absent", "there is no program")]
    [InlineData("defaultCacheDuration: 12h", "defaultCacheDuration: -1s", "not be negative")]
    [InlineData("matchImages: [\"*.dkr.ecr.*.amazonaws.com\"]", "matchImages: []", "at least one is needed")]
    [InlineData("matchImages: [\"*.dkr.ecr.*.amazonaws.com\"]", "matchImages: [\"a b\"]", "is no host")]
    [InlineData("kind: CredentialProviderConfig", "kind: Other", "CredentialProviderConfig")]
    [InlineData("defaultCacheDuration: 12h", "defaultCacheDuration: 12h\n  tokenAttributes: {serviceAccountTokenAudience: a, cacheType: Sometimes, requireServiceAccount: true}", "neither ServiceAccount nor Token")]
    [InlineData("defaultCacheDuration: 12h", "defaultCacheDuration: 12h\n  tokenAttributes: {serviceAccountTokenAudience: a, cacheType: Token, requireServiceAccount: false, requiredServiceAccountAnnotationKeys: [a/b]}", "need requireServiceAccount")]
    [InlineData("defaultCacheDuration: 12h", "defaultCacheDuration: 12h\n  tokenAttributes: {serviceAccountTokenAudience: a, cacheType: Token, requireServiceAccount: true, optionalServiceAccountAnnotationKeys: [a b]}", "cannot be the key")]
    public void Read_WithAnError_SaysWhichProviderAndWhy(string good, string bad, string expected)
    {
        var error = Assert.Throws<ConfigException>(() => CredentialProviderFiles.Read(Write("c.yaml", Good.Replace(good, bad, StringComparison.Ordinal)), _folder));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_TheSameNameTwice_IsRefused()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "conf")).FullName;
        File.WriteAllText(Path.Combine(folder, "a.yaml"), Good);
        File.WriteAllText(Path.Combine(folder, "b.yaml"), Good);

        Assert.Contains("given 2 times", Assert.Throws<ConfigException>(() => CredentialProviderFiles.Read(folder, _folder)).Message, StringComparison.Ordinal);
    }

    private void Program(string name)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, "#!/bin/sh\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
