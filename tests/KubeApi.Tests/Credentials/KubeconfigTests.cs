using System.Text;
using NodeAgent.KubeApi.Credentials;

namespace NodeAgent.KubeApi.Tests.Credentials;

public sealed class KubeconfigTests : IDisposable
{
    private const string Whole = """
        apiVersion: v1
        kind: Config
        current-context: main
        clusters:
        - name: c
          cluster: {server: "https://10.0.0.1:6443", certificate-authority: pki/ca.crt, tls-server-name: api.example, proxy-url: "socks5://proxy:1080"}
        contexts:
        - name: main
          context: {cluster: c, user: u, namespace: web}
        - name: other
          context: {cluster: c, user: token}
        users:
        - name: u
          user: {client-certificate-data: Y2VydA==, client-key: /abs/key.pem, as: root, as-groups: [a, b], as-user-extra: {scope: [x]}}
        - name: token
          user: {tokenFile: token.txt, token: inline}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("nodeagent-kubeconfig-").FullName;
    private readonly Dictionary<string, string> _environment = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Load_OfAWholeFile_ResolvesEverything()
    {
        var config = Load(Write("config", Whole));

        Assert.Equal(new Uri("https://10.0.0.1:6443/"), config.Server);
        Assert.Equal(Path.Combine(_folder, "pki/ca.crt"), config.CertificateAuthority!.File);
        Assert.Equal(("api.example", "web", "socks5://proxy:1080"), (config.TlsServerName, config.Namespace, config.Proxy!.OriginalString));
        Assert.Equal("cert", Encoding.UTF8.GetString(config.ClientCertificate!.Data!));
        Assert.Equal("/abs/key.pem", config.ClientKey!.File);
        Assert.Equal(["a", "b"], config.Impersonate!.Groups);
        Assert.Equal(["x"], config.Impersonate.Extra["scope"]);
        Assert.Empty(config.Warnings);
    }

    [Fact]
    public void Load_WithAnotherContext_TakesItsUser()
    {
        var config = Load(Write("config", Whole), new ClientConfigOverrides(Context: "other", Server: "https://elsewhere:1/base"));

        Assert.Equal(Path.Combine(_folder, "token.txt"), config.TokenFile);
        Assert.Equal(new Uri("https://elsewhere:1/base/"), config.Server);
        Assert.Equal("default", config.Namespace);
        Assert.Equal($"context other in {Path.Combine(_folder, "config")}", config.Source);
    }

    [Fact]
    public void Load_OfSeveralFiles_LetsTheFirstWin()
    {
        var first = Write("first", """
            current-context: ""
            users: [{name: u, user: {token: first}}]
            """);
        var second = Write("second", """
            current-context: main
            clusters: [{name: c, cluster: {server: "https://second"}}]
            contexts: [{name: main, context: {cluster: c, user: u}}]
            users: [{name: u, user: {username: name, password: secret}}]
            """);
        _environment["KUBECONFIG"] = $"{first}:{Path.Combine(_folder, "missing")}:{second}";

        var config = Load(null);

        Assert.Equal("first", config.Token);
        Assert.Null(config.Username);
        Assert.Equal(new Uri("https://second/"), config.Server);
    }

    [Fact]
    public void Load_WithoutAny_TakesTheServiceAccount()
    {
        Write("token", "t");
        Write("namespace", "kube-system\n");
        _environment["KUBERNETES_SERVICE_HOST"] = "fd00::1";
        _environment["KUBERNETES_SERVICE_PORT"] = "443";

        var config = Load(null);

        Assert.Equal(new Uri("https://[fd00::1]:443/"), config.Server);
        Assert.Equal(Path.Combine(_folder, "token"), config.TokenFile);
        Assert.Equal("kube-system", config.Namespace);
    }

    [Fact]
    public void Load_OfUnknownFields_WarnsWithFileAndLine()
    {
        var config = Load(Write("config", Whole.Replace("server:", "sever: x, server:", StringComparison.Ordinal)));

        Assert.Equal($"{Path.Combine(_folder, "config")}: line 6: unknown field clusters[0].cluster.sever is ignored", Assert.Single(config.Warnings));
    }

    public static TheoryData<string, string, string> BadFiles => new()
    {
        { "current-context: main", "current-context: gone", "context \"gone\" does not exist; there are main, other" },
        { "current-context: main", "", "current-context is not set" },
        { "cluster: c, user: u", "cluster: no, user: u", "cluster \"no\" does not exist; there is c" },
        { "cluster: c, user: u", "cluster: c, user: no", "user \"no\" does not exist; there are u, token" },
        { "cluster: c, user: u", "user: u", "no cluster is named" },
        { "server: \"https://10.0.0.1:6443\", ", "", "cluster c: server is not set" },
        { "https://10.0.0.1:6443", "ftp://10.0.0.1", "server \"ftp://10.0.0.1\" is no address" },
        { "socks5://proxy:1080", "gopher://proxy", "proxy-url \"gopher://proxy\"" },
        { "tls-server-name: api.example", "insecure-skip-tls-verify: true", "contradict" },
        { "tls-server-name: api.example", "insecure-skip-tls-verify: maybe", "clusters[0].cluster.insecure-skip-tls-verify must be true or false, not \"maybe\"" },
        { "Y2VydA==", "'***'", "line 14: users[0].user.client-certificate-data is not base64" },
        { ", client-key: /abs/key.pem", "", "client-certificate is set and client-key is not" },
        { "as: root, ", "", "need as" },
        { "as: root, ", "token: t, username: n, as: root, ", "token and username are both set" },
        { "as: root, ", "auth-provider: {name: gcp}, as: root, ", "auth-provider gcp is not supported" },
        { "as: root, ", "exec: {command: x}, as: root, ", "exec.apiVersion" },
        { "as: root, ", "exec: {command: x, apiVersion: client.authentication.k8s.io/v1}, as: root, ", "exec.interactiveMode" },
        { "as: root, ", "exec: {apiVersion: client.authentication.k8s.io/v1beta1}, as: root, ", "exec.command is not set" },
        { "kind: Config", "kind: Pod", "its kind is Pod" },
        { "apiVersion: v1", "apiVersion: [", "is not YAML: something in it is opened and not closed" },
        { "apiVersion: v1", "apiVersion: 'v1", "is not YAML: line" },
        { "- name: c\n", "-\n", "clusters[0].name is missing" },
        { "clusters:\n", "clusters: text\nignored:\n", "line 4: clusters must be a list" },
    };

    [Theory]
    [MemberData(nameof(BadFiles))]
    public void Load_OfABadFile_SaysWhatIsWrongAndWhere(string part, string replacement, string problem)
    {
        Assert.Contains(part, Whole, StringComparison.Ordinal);
        var file = Write("config", Whole.Replace(part, replacement, StringComparison.Ordinal));

        var e = Assert.Throws<ClientConfigException>(() => Load(file));

        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
        Assert.Contains(file, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OfAMissingFile_NamesIt()
    {
        var e = Assert.Throws<ClientConfigException>(() => Load("/no/such/file"));

        Assert.Contains("/no/such/file", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToString_OfAConfig_HoldsNoSecret()
    {
        var config = new ClientConfig(new Uri("https://s/")) { Token = "secret", Password = "secret", Source = "here" };

        Assert.Equal("https://s/ (here)", config.ToString());
    }

    private ClientConfig Load(string? path, ClientConfigOverrides? overrides = null) =>
        new ClientConfigLoader(_environment.GetValueOrDefault, _folder).Load(path, overrides ?? new ClientConfigOverrides());

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
