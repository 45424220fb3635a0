using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Hosting.Server;
using NodeAgent.Testing;

namespace NodeAgent.Hosting.Tests.Server;

public sealed class SecureServerTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nodeagent-tls").FullName;
    private readonly TestCertificates _authority = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);
    private readonly RecordingAuthorizer _authorizer = new();

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private string In(string name) => Path.Combine(_directory, name);

    private async Task<DaemonServer> Start(TlsSettings tls, bool allowAnonymous = true, params IAuthenticator[] more)
    {
        await File.WriteAllTextAsync(In("ca.crt"), _authority.Pem);
        var security = new ServerSecurity([new ClientCertificateAuthenticator(new ClientCaFile(In("ca.crt"), _clock, NullLogger<ClientCaFile>.Instance), _clock), .. more], _authorizer)
        {
            AllowAnonymous = allowAnonymous,
            AlwaysAllowGroups = [UserInfo.MastersGroup],
        };
        var server = new DaemonServer(new ServerOptions("secure", new IPEndPoint(IPAddress.Loopback, 0)) { Tls = tls, Security = security }, NullLoggerFactory.Instance);
        server.MapHealth("/healthz");
        server.Map("/whoami", context => context.Response.WriteAsync($"{context.KubeUser()!.Name} of {string.Join(',', context.KubeUser()!.Groups)} by {context.Request.Protocol}"));
        await server.StartAsync(CancellationToken.None);
        return server;
    }

    private static TlsSettings InMemory() => new(ServingCertificate.InMemory(["127.0.0.1", "localhost"], TimeProvider.System)) { RequestClientCertificate = true };

    private static HttpClient Client(DaemonServer server, X509Certificate2? certificate = null, Action<X509Certificate2>? seen = null, SslProtocols protocols = SslProtocols.None)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.EnabledSslProtocols = protocols;
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) =>
        {
            seen?.Invoke(new X509Certificate2(shown!));
            return true;
        };
        if (certificate is not null)
        {
            handler.SslOptions.ClientCertificates = [certificate];
        }

        return new HttpClient(handler) { BaseAddress = new Uri($"https://{server.Endpoint}") };
    }

    [Fact]
    public async Task Get_ClientCertificate_IsTheUserAndItsGroups()
    {
        await using var server = await Start(InMemory());
        using var certificate = _authority.Client("O=team-a, O=team-b, CN=alice");
        using var http = Client(server, certificate);
        Assert.Equal("alice of team-b,team-a,system:authenticated by HTTP/1.1", Sorted(await http.GetStringAsync("/whoami")));
        Assert.Equal("get /whoami alice", Assert.Single(_authorizer.Asked));

        // The order of the organizations is the encoding's; it means nothing.
        static string Sorted(string text) => text.Replace("team-a,team-b", "team-b,team-a", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_Http2_IsSpokenOverTls()
    {
        await using var server = await Start(InMemory());
        using var http = Client(server);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/whoami") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var answer = await http.SendAsync(request);
        Assert.Equal("system:anonymous of system:unauthenticated by HTTP/2", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Get_CertificateOfAnotherAuthority_IsUnauthorized()
    {
        await using var server = await Start(InMemory());
        using var other = new TestCertificates("other-ca");
        using var certificate = other.Client("CN=mallory");
        using var http = Client(server, certificate);
        using var answer = await http.GetAsync("/whoami");
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task Get_BadCertificateButGoodToken_IsTheTokensUser()
    {
        await using var server = await Start(InMemory(), more: new AnyToken());
        using var other = new TestCertificates("other-ca");
        using var certificate = other.Client("CN=mallory");
        using var http = Client(server, certificate);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "bob");
        Assert.StartsWith("bob", await http.GetStringAsync("/whoami"));
    }

    [Fact]
    public void Verify_ExpiredOrForServers_IsRefused()
    {
        using var authority = X509Certificate2.CreateFromPem(_authority.Pem);
        File.WriteAllText(In("ca.crt"), _authority.Pem);
        var authenticator = new ClientCertificateAuthenticator(new ClientCaFile(In("ca.crt"), _clock, NullLogger<ClientCaFile>.Instance), _clock);
        using var expired = _authority.Client("CN=a", DateTimeOffset.UtcNow.AddMinutes(-1));
        using var serving = _authority.Client("CN=a", usage: "1.3.6.1.5.5.7.3.1");
        using var nameless = _authority.Client("O=system:masters");
        foreach (var bad in new[] { expired, serving, nameless })
        {
            Assert.Throws<AuthenticationFailedException>(() => authenticator.Verify(bad, [authority]));
        }
    }

    [Fact]
    public async Task Get_ForbiddenUser_IsToldWhoTheyAre()
    {
        _authorizer.Allow = false;
        await using var server = await Start(InMemory());
        using var http = Client(server);
        using var answer = await http.GetAsync("/whoami");
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal("Forbidden (user=system:anonymous, verb=get, path=/whoami)\n", await answer.Content.ReadAsStringAsync());
        Assert.Equal("ok", await http.GetStringAsync("/healthz"));
    }

    [Fact]
    public async Task Get_Masters_NeedNoAuthorization()
    {
        _authorizer.Allow = false;
        await using var server = await Start(InMemory());
        using var certificate = _authority.Client("O=system:masters, CN=admin");
        using var http = Client(server, certificate);
        Assert.StartsWith("admin", await http.GetStringAsync("/whoami"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Get_UnknownCredentials_AreUnauthorized(bool withToken)
    {
        await using var server = await Start(InMemory(), allowAnonymous: withToken);
        using var http = Client(server);
        http.DefaultRequestHeaders.Authorization = withToken ? new AuthenticationHeaderValue("Bearer", "nobody-knows-it") : null;
        using var answer = await http.GetAsync("/whoami");
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task Get_AuthorizerFails_IsAServerError()
    {
        _authorizer.Error = new IOException("API server is down");
        await using var server = await Start(InMemory());
        using var http = Client(server);
        using var answer = await http.GetAsync("/whoami");
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.DoesNotContain("down", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Certificate_FilesChange_IsShownToTheNextConnection()
    {
        _authority.WriteServing("CN=first", In("tls.crt"), In("tls.key"));
        var certificate = ServingCertificate.FromFiles(In("tls.crt"), In("tls.key"), _clock, NullLogger<ServingCertificate>.Instance);
        await using var server = await Start(new TlsSettings(certificate));
        Assert.Equal("CN=first", await Shown(server));

        await File.WriteAllTextAsync(In("tls.crt"), "rubbish");
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("CN=first", await Shown(server));

        _authority.WriteServing("CN=second", In("tls.crt"), In("tls.key"));
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("CN=second", await Shown(server));
    }

    [Fact]
    public async Task ClientCa_FileChanges_TurnsAwayWhomItDoesNotKnowOnTheSameConnection()
    {
        await using var server = await Start(InMemory());
        using var certificate = _authority.Client("CN=alice");
        using var http = Client(server, certificate);
        Assert.StartsWith("alice", await http.GetStringAsync("/whoami"));
        using var other = new TestCertificates("other-ca-with-a-longer-name");
        await File.WriteAllTextAsync(In("ca.crt"), other.Pem);
        _clock.Advance(TimeSpan.FromSeconds(2));
        using var answer = await http.GetAsync("/whoami");
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task MinVersion_Tls13_RefusesOlder()
    {
        await using var server = await Start(InMemory() with { MinVersion = "VersionTLS13" });
        using var old = Client(server, protocols: SslProtocols.Tls12);
        await Assert.ThrowsAsync<HttpRequestException>(() => old.GetStringAsync("/healthz"));
        using var current = Client(server, protocols: SslProtocols.Tls13);
        Assert.Equal("ok", await current.GetStringAsync("/healthz"));
    }

    [Fact]
    public async Task CipherSuites_Given_AreTheOnlyOnesOfTls12()
    {
        await using var server = await Start(InMemory() with { CipherSuites = ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"] });
        using var http = Client(server, protocols: SslProtocols.Tls12);
        Assert.Equal("ok", await http.GetStringAsync("/healthz"));
    }

    [Theory]
    [InlineData("TLS_NO_SUCH")]
    [InlineData("4865")]
    public void Suites_Unknown_AreRefused(string name) => Assert.Throws<FormatException>(() => TlsSettings.Suites([name]));

    [Fact]
    public void Protocols_Unknown_IsRefused() => Assert.Throws<FormatException>(() => TlsSettings.Protocols("VersionTLS14"));

    [Fact]
    public void FromDirectory_Empty_MakesAPairThatIsKept()
    {
        var first = Load();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(In("kubelet.key")));
        Assert.Equal(first, Load());

        string Load() => ServingCertificate.FromDirectory(_directory, "kubelet", ["node-1", "127.0.0.1"], TimeProvider.System, NullLogger<ServingCertificate>.Instance).Current.TargetCertificate.Thumbprint;
    }

    [Fact]
    public void FromFiles_KeyOfAnotherCertificate_SaysWhichFiles()
    {
        _authority.WriteServing("CN=a", In("a.crt"), In("a.key"));
        _authority.WriteServing("CN=b", In("b.crt"), In("b.key"));
        var error = Assert.ThrowsAny<Exception>(() => ServingCertificate.FromFiles(In("a.crt"), In("b.key"), _clock, NullLogger<ServingCertificate>.Instance));
        Assert.Contains(In("b.key"), error.Message);
    }

    private static async Task<string> Shown(DaemonServer server)
    {
        var subject = "";
        using var http = Client(server, seen: c => subject = c.Subject);
        await http.GetStringAsync("/healthz");
        return subject;
    }

    private sealed class AnyToken : IAuthenticator
    {
        public ValueTask<UserInfo?> AuthenticateAsync(HttpContext request, CancellationToken cancellationToken) =>
            ValueTask.FromResult<UserInfo?>(new UserInfo(request.Request.Headers.Authorization.ToString()["Bearer ".Length..], []));
    }

    private sealed class RecordingAuthorizer : IAuthorizer
    {
        public List<string> Asked { get; } = [];

        public bool Allow { get; set; } = true;

        public Exception? Error { get; set; }

        public ValueTask<AuthorizationDecision> AuthorizeAsync(AuthorizationAttributes attributes, CancellationToken cancellationToken)
        {
            Asked.Add($"{attributes.Verb} {attributes.Path} {attributes.User.Name}");
            return Error is not null ? throw Error : ValueTask.FromResult(new AuthorizationDecision(Allow, ""));
        }
    }
}
