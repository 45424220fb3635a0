using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Scheduler.Server;
using NodeAgent.Testing;

namespace NodeAgent.Scheduler.Tests.Server;

public sealed class ClusterAuthoritiesTests
{
    private readonly InMemoryKubeClient _client = new();
    private readonly ClusterAuthorities _authorities;

    public ClusterAuthoritiesTests() =>
        _authorities = new ClusterAuthorities(_client, new FakeTimeProvider(), NullLogger<ClusterAuthorities>.Instance);

    [Fact]
    public async Task LookAsync_MapIsThere_HasItsCertificates()
    {
        Publish(Pem("one") + "\n" + Pem("two"));

        await _authorities.LookAsync(CancellationToken.None);

        Assert.Equal(["CN=one", "CN=two"], _authorities.Current!.Select(c => c.Subject));
    }

    [Fact]
    public async Task LookAsync_NothingChanged_IsTheSameInstance()
    {
        Publish(Pem("one"));
        await _authorities.LookAsync(CancellationToken.None);
        var before = _authorities.Current;

        await _authorities.LookAsync(CancellationToken.None);
        Assert.Same(before, _authorities.Current);

        Publish(Pem("two"));
        await _authorities.LookAsync(CancellationToken.None);
        Assert.Equal("CN=two", Assert.Single(_authorities.Current!).Subject);
    }

    [Fact]
    public async Task LookAsync_MayNotRead_KnowsNone()
    {
        _client.OnRequest = (_, _) => throw new KubeApiException("get", HttpStatusCode.Forbidden, "Forbidden", "no");

        await _authorities.LookAsync(CancellationToken.None);

        Assert.Null(_authorities.Current);
    }

    [Fact]
    public async Task LookAsync_MapBroken_KeepsWhatWas()
    {
        Publish(Pem("one"));
        await _authorities.LookAsync(CancellationToken.None);
        Publish("-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----");

        await _authorities.LookAsync(CancellationToken.None);

        Assert.Equal("CN=one", Assert.Single(_authorities.Current!).Subject);
    }

    private static string Pem(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return certificate.ExportCertificatePem();
    }

    private void Publish(string text) => _client.Seed(Resources.ConfigMaps, new ConfigMap { Metadata = new ObjectMeta { Namespace = "kube-system", Name = "extension-apiserver-authentication" }, Data = { ["client-ca-file"] = text } });
}
