using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Credentials;
using NodeAgent.KubeApi.Tests.Fakes;
using NodeAgent.Testing;

namespace NodeAgent.KubeApi.Tests.Credentials;

public sealed class TlsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nodeagent-tls-").FullName;
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly CancellationToken _limit = new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;
    private readonly X509Certificate2 _authority = NewAuthority("CN=test-ca");
    private readonly List<string?> _clients = [];

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task ClientCertificate_Rotated_IsUsedByNewRequestsWhileTheWatchGoesOn()
    {
        await using var server = await StartAsync();
        var (certificate, key) = WriteClient("first", RSA.Create(2048).ExportRSAPrivateKeyPem);
        using var client = server.NewClient(ConfigOf(server) with { ClientCertificate = new DataOrFile(null, certificate), ClientKey = new DataOrFile(null, key) }, time: _time);
        await using var watch = client.WatchAsync(Resources.Pods, null, new WatchOptions(), _limit).GetAsyncEnumerator(_limit);
        Assert.True(await watch.MoveNextAsync());

        WriteClient("second", RSA.Create(2048).ExportPkcs8PrivateKeyPem);
        _time.Advance(TimeSpan.FromSeconds(11));
        await client.GetAsync(Resources.Pods, "default", "release", _limit);

        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(["CN=first", "CN=second"], _clients);
    }

    [Fact]
    public async Task ClientCertificate_HalfWritten_LeavesTheOldInUse()
    {
        await using var server = await StartAsync();
        var (certificate, key) = WriteClient("first", null);
        using var client = server.NewClient(ConfigOf(server) with { ClientCertificate = new DataOrFile(null, certificate), ClientKey = new DataOrFile(null, key) }, time: _time);
        await client.GetAsync(Resources.Pods, "default", "web", _limit);

        File.WriteAllText(certificate, "-----BEGIN CERT");
        _time.Advance(TimeSpan.FromSeconds(11));
        await client.GetAsync(Resources.Pods, "default", "web", _limit);

        Assert.Equal(["CN=first", "CN=first"], _clients);
    }

    [Theory]
    [InlineData("sec1")]
    [InlineData("ec-pkcs8")]
    [InlineData("ec-parameters")]
    public async Task ClientCertificate_WithAnEcKeyInAnyForm_Works(string form)
    {
        await using var server = await StartAsync();
        var (certificate, key) = WriteClient("ec", null);
        using var ec = ECDsa.Create();
        ec.ImportFromPem(File.ReadAllText(key));
        File.WriteAllText(key, form switch
        {
            "sec1" => ec.ExportECPrivateKeyPem(),
            "ec-pkcs8" => ec.ExportPkcs8PrivateKeyPem(),
            _ => $"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n{ec.ExportECPrivateKeyPem()}",
        });
        using var client = server.NewClient(ConfigOf(server) with { ClientCertificate = new DataOrFile(null, certificate), ClientKey = new DataOrFile(File.ReadAllBytes(key), null) });

        await client.GetAsync(Resources.Pods, "default", "web", _limit);

        Assert.Equal(["CN=ec"], _clients);
    }

    [Fact]
    public async Task Server_OfAnotherAuthority_IsNotTrusted()
    {
        await using var server = await StartAsync();
        using var other = NewAuthority("CN=other-ca");
        using var client = server.NewClient(ConfigOf(server) with { CertificateAuthority = new DataOrFile(Pem(other), null) });

        var e = await Assert.ThrowsAsync<KubeConnectionException>(() => client.GetAsync(Resources.Pods, "default", "web", _limit));

        Assert.Contains("issued by CN=test-ca) is not signed by certificate-authority (inline data) (CN=other-ca)", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_WhoseCertificateHasEnded_IsNamedWithBothTimes()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=late", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var late = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-3), DateTimeOffset.UtcNow.AddDays(-2));
        using var leaf = X509CertificateLoader.LoadPkcs12(late.Export(X509ContentType.Pkcs12), null);
        await using var server = await StartAsync(leaf);
        using var client = server.NewClient(ConfigOf(server) with { CertificateAuthority = new DataOrFile(Pem(leaf), null) });

        var e = await Assert.ThrowsAsync<KubeConnectionException>(() => client.GetAsync(Resources.Pods, "default", "web", _limit));

        Assert.Contains("CN=late expired on ", e.Message, StringComparison.Ordinal);
        Assert.Contains("the clock of this host says ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OutOfTime_NotYet_NamesTheClocks()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = DateTimeOffset.UtcNow;
        using var early = new CertificateRequest("CN=early", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddHours(1), now.AddHours(2));

        Assert.Contains("one of the two clocks is wrong", ServerTrust.OutOfTime([early], now), StringComparison.Ordinal);
        Assert.Null(ServerTrust.OutOfTime([early], now.AddMinutes(90)));
    }

    [Fact]
    public async Task Server_WithItsOwnCertificateInTheBundle_IsTrusted()
    {
        using var leaf = NewLeaf("CN=server", ECDsa.Create(ECCurve.NamedCurves.nistP256));
        await using var server = await StartAsync(leaf);
        using var client = server.NewClient(ConfigOf(server) with { CertificateAuthority = new DataOrFile(Pem(leaf), null) });

        await client.GetAsync(Resources.Pods, "default", "web", _limit);
    }

    [Fact]
    public async Task Server_UnderAnotherName_NeedsTlsServerName()
    {
        using var leaf = NewLeaf("CN=api", ECDsa.Create(ECCurve.NamedCurves.nistP256), "api.example");
        await using var server = await StartAsync(leaf);
        using var plain = server.NewClient(ConfigOf(server));
        using var named = server.NewClient(ConfigOf(server) with { TlsServerName = "api.example" });
        using var careless = server.NewClient(ConfigOf(server) with { CertificateAuthority = null, InsecureSkipTlsVerify = true });

        var e = await Assert.ThrowsAsync<KubeConnectionException>(() => plain.GetAsync(Resources.Pods, "default", "web", _limit));
        Assert.Contains("CN=api for api.example", e.Message, StringComparison.Ordinal);
        await named.GetAsync(Resources.Pods, "default", "web", _limit);
        await careless.GetAsync(Resources.Pods, "default", "web", _limit);
    }

    [Fact]
    public void ClientCertificate_ThatIsNoPem_NamesTheFile()
    {
        var file = Path.Combine(_folder, "junk.pem");
        File.WriteAllText(file, "junk");
        var config = new ClientConfig(new Uri("https://s/")) { Source = "here", ClientCertificate = new DataOrFile(null, file), ClientKey = new DataOrFile(null, file) };

        var e = Assert.Throws<ClientConfigException>(() => PemFiles.Parse(config, PemFiles.Read(config)));

        Assert.Contains(file, e.Message, StringComparison.Ordinal);
    }

    private ClientConfig ConfigOf(FakeApiServer server) => new(server.Address) { CertificateAuthority = new DataOrFile(Pem(_authority), null) };

    private async Task<FakeApiServer> StartAsync(X509Certificate2? leaf = null)
    {
        var serverCertificate = leaf ?? NewLeaf("CN=server", ECDsa.Create(ECCurve.NamedCurves.nistP256));
        var released = new TaskCompletionSource();
        return await FakeApiServer.StartAsync(
            async context =>
            {
                lock (_clients)
                {
                    _clients.Add(context.Connection.ClientCertificate?.Subject);
                }

                if (context.Request.Query.ContainsKey("watch"))
                {
                    await context.Response.WriteProtobufAsync(WireBodies.PodFrame("ADDED", WireBodies.Pod("a")));
                    await released.Task;
                    await context.Response.Body.WriteAsync(WireBodies.PodFrame("MODIFIED", WireBodies.Pod("a", "2")));
                    return;
                }

                await context.Response.WriteProtobufAsync(WireBodies.Object("v1", "Pod", WireBodies.Pod("web")));
                if (context.Request.Path.Value!.EndsWith("release", StringComparison.Ordinal))
                {
                    released.TrySetResult();
                }
            },
            https =>
            {
                https.ServerCertificate = serverCertificate;
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.AllowAnyClientCertificate();
            });
    }

    private (string Certificate, string Key) WriteClient(string name, Func<string>? keyPem)
    {
        string certificatePem;
        string key;
        if (keyPem is null)
        {
            using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            certificatePem = NewLeaf($"CN={name}", ec).ExportCertificatePem();
            key = ec.ExportECPrivateKeyPem();
        }
        else
        {
            key = keyPem();
            using var rsa = RSA.Create();
            rsa.ImportFromPem(key);
            certificatePem = NewLeaf($"CN={name}", rsa).ExportCertificatePem();
        }

        var files = (Path.Combine(_folder, "client.crt"), Path.Combine(_folder, "client.key"));
        File.WriteAllText(files.Item1, certificatePem);
        File.WriteAllText(files.Item2, key);
        return files;
    }

    private X509Certificate2 NewLeaf(string subject, AsymmetricAlgorithm key, string? dnsName = null)
    {
        var request = key is RSA rsa
            ? new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(subject, (ECDsa)key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (dnsName is null)
        {
            names.AddIpAddress(IPAddress.Loopback);
        }
        else
        {
            names.AddDnsName(dnsName);
        }

        request.CertificateExtensions.Add(names.Build());
        var serial = RandomNumberGenerator.GetBytes(8);
        var generator = X509SignatureGenerator.CreateForECDsa(_authority.GetECDsaPrivateKey()!);
        var certificate = request.Create(_authority.SubjectName, generator, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1), serial);
        return key is RSA rsaKey ? certificate.CopyWithPrivateKey(rsaKey) : certificate.CopyWithPrivateKey((ECDsa)key);
    }

    private static X509Certificate2 NewAuthority(string subject)
    {
        var request = new CertificateRequest(subject, ECDsa.Create(ECCurve.NamedCurves.nistP256), HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-2), DateTimeOffset.UtcNow.AddHours(2));
    }

    private static byte[] Pem(X509Certificate2 certificate) => System.Text.Encoding.UTF8.GetBytes(certificate.ExportCertificatePem());
}
