using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.KubeApi.Certificates.V1;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Credentials;
using NodeAgent.Kubelet.Identity;
using NodeAgent.Testing;
using NSubstitute;

namespace NodeAgent.Kubelet.Tests.Identity;

public sealed class IdentityTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 8, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("identity-").FullName;
    private readonly FakeTimeProvider _time = new(Now);
    private readonly ECDsa _caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _ca;

    public IdentityTests()
    {
        var request = new CertificateRequest("CN=test-ca", _caKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _ca = request.CreateSelfSigned(Now.AddYears(-1), Now.AddYears(10));
    }

    public void Dispose()
    {
        _ca.Dispose();
        _caKey.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string Sign(string requestPem, DateTimeOffset from, DateTimeOffset until)
    {
        var request = CertificateRequest.LoadSigningRequestPem(requestPem, HashAlgorithmName.SHA256, CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions);
        using var signed = request.Create(_ca.SubjectName, X509SignatureGenerator.CreateForECDsa(_caKey), from, until, [1, 2, 3]);
        return signed.ExportCertificatePem();
    }

    /// <summary>An API server that answers requests for certificates as the test says.</summary>
    private static IKubeClient Api(Func<CertificateSigningRequest, CertificateSigningRequestStatus?> answer)
    {
        var client = Substitute.For<IKubeClient>();
        CertificateSigningRequest? posted = null;
        client.CreateAsync(KubeApi.Resources.CertificateSigningRequests, Arg.Any<CertificateSigningRequest>(), Arg.Any<CancellationToken>()).Returns(call =>
        {
            posted = call.Arg<CertificateSigningRequest>().Clone();
            posted.Metadata.Name = "csr-abcde";
            return posted;
        });
        client.GetAsync(KubeApi.Resources.CertificateSigningRequests, null, "csr-abcde", Arg.Any<CancellationToken>()).Returns(_ =>
        {
            var shown = posted!.Clone();
            shown.Status = answer(shown);
            return shown;
        });
        return client;
    }

    private CertificateSigningRequestStatus Signed(CertificateSigningRequest request, DateTimeOffset? from = null) =>
        new() { Certificate = ByteString.CopyFromUtf8(Sign(request.Spec.Request.ToStringUtf8(), from ?? Now.AddMinutes(-5), Now.AddDays(100))) };

    [Fact]
    public async Task Ensure_NoKubeconfig_AsksAndWritesWhatTheNodeNeeds()
    {
        CertificateSigningRequest? asked = null;
        var store = new CertificateStore(Path.Combine(_folder, "pki"), "kubelet-client");
        var bootstrap = Path.Combine(_folder, "bootstrap.conf");
        var kubeconfig = Path.Combine(_folder, "kubelet.conf");
        await File.WriteAllTextAsync(bootstrap, $"""
            apiVersion: v1
            kind: Config
            current-context: a
            contexts: [{"{name: a, context: {cluster: c, user: u}}"}]
            clusters: [{"{name: c, cluster: {server: \"https://10.0.0.1:6443\", certificate-authority-data: " + Convert.ToBase64String(Encoding.ASCII.GetBytes(_ca.ExportCertificatePem())) + "}}"}]
            users: [{"{name: u, user: {token: abcdef.0123456789abcdef}}"}]
            """);
        var api = Api(request =>
        {
            asked = request;
            return Signed(request);
        });

        await new ClientBootstrap("node-1", kubeconfig, bootstrap, store, _ => api, _time, NullLoggerFactory.Instance).EnsureAsync(CancellationToken.None);

        Assert.Equal("kubernetes.io/kube-apiserver-client-kubelet", asked!.Spec.SignerName);
        Assert.Equal(["digital signature", "key encipherment", "client auth"], asked.Spec.Usages);
        var certificate = store.Load()!;
        Assert.True(certificate.HasPrivateKey);
        Assert.Contains("CN=system:node:node-1", certificate.Subject, StringComparison.Ordinal);
        Assert.Contains("O=system:nodes", certificate.Subject, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(new FileInfo(store.CurrentPath).ResolveLinkTarget(true)!.FullName));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(kubeconfig));
        var written = ClientConfig.Load(kubeconfig);
        Assert.Equal(new Uri("https://10.0.0.1:6443"), written.Server);
        Assert.Equal(store.CurrentPath, written.ClientCertificate!.File);
    }

    [Fact]
    public async Task Ensure_CertificateIsThere_AsksForNothing()
    {
        var store = new CertificateStore(Path.Combine(_folder, "pki"), "kubelet-client");
        Save(store, Now.AddDays(-1), Now.AddDays(1));
        var kubeconfig = Path.Combine(_folder, "kubelet.conf");
        KubeconfigFile.Write(kubeconfig, new ClientConfig(new Uri("https://10.0.0.1:6443")), store.CurrentPath);

        await new ClientBootstrap("node-1", kubeconfig, "/nowhere", store, _ => throw new InvalidOperationException("not to be asked"), _time, NullLoggerFactory.Instance).EnsureAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Get_Denied_SaysSo()
    {
        var api = Api(_ => new CertificateSigningRequestStatus { Conditions = { new CertificateSigningRequestCondition { Type = "Denied", Reason = "Nope", Message = "not this node" } } });

        var error = await Assert.ThrowsAsync<CertificateDeniedException>(() => Requests(api).GetAsync(CertificateWish.Client("node-1"), (_, _) => { }, CancellationToken.None));

        Assert.Equal("certificate request csr-abcde was denied: Nope not this node", error.Message);
    }

    [Fact]
    public async Task Get_ClockIsBehind_IsNamed()
    {
        var api = Api(request => Signed(request, Now.AddHours(3)));

        var error = await Assert.ThrowsAsync<CertificateDeniedException>(() => Requests(api).GetAsync(CertificateWish.Client("node-1"), (_, _) => { }, CancellationToken.None));

        Assert.Contains("the clock is 3 hours behind", error.Message, StringComparison.Ordinal);
        Assert.Contains("timedatectl", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_AnotherKey_IsRefused()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var api = Api(_ => new CertificateSigningRequestStatus { Certificate = ByteString.CopyFromUtf8(Sign(CertificateWish.Client("node-1").Request(other), Now.AddDays(-1), Now.AddDays(1))) });

        var error = await Assert.ThrowsAsync<CertificateDeniedException>(() => Requests(api).GetAsync(CertificateWish.Client("node-1"), (_, _) => { }, CancellationToken.None));

        Assert.Contains("another key", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_NobodyApproves_IsToldOnceAndGivenUp()
    {
        var told = new List<string>();
        using var stop = new CancellationTokenSource();
        var getting = Requests(Api(_ => null)).GetAsync(CertificateWish.Serving("node-1", ["node-1", "10.0.0.5"]), (name, _) => told.Add(name), stop.Token);
        for (var i = 0; i < 5000 && !getting.IsCompleted; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(1);
        }

        var error = await Assert.ThrowsAsync<CertificateDeniedException>(() => getting);
        Assert.Equal(["csr-abcde"], told);
        Assert.Contains("kubectl certificate approve csr-abcde", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Serving_Request_NamesTheNode()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var wish = CertificateWish.Serving("node-1", ["node-1", "10.0.0.5"]);
        using var certificate = X509Certificate2.CreateFromPem(Sign(wish.Request(key), Now, Now.AddDays(1)));

        Assert.True(wish.Covers(certificate));
        Assert.False((wish with { Names = ["node-1", "10.0.0.6"] }).Covers(certificate));
        Assert.Equal("kubernetes.io/kubelet-serving", wish.Signer);
    }

    [Fact]
    public void RenewAt_OfACertificate_BetweenSeventyAndNinetyPercent()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = X509Certificate2.CreateFromPem(Sign(CertificateWish.Client("n").Request(key), Now, Now.AddDays(100)));

        Assert.Equal(Now.AddDays(70), CertificateLife.RenewAt(certificate, 0));
        Assert.Equal(Now.AddDays(90), CertificateLife.RenewAt(certificate, 1));
    }

    [Fact]
    public void Problem_Expired_SaysWhenAndHowLongAgo()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = X509Certificate2.CreateFromPem(Sign(CertificateWish.Client("n").Request(key), Now.AddDays(-9), Now.AddDays(-3)));

        Assert.Equal("it expired on 2026-11-18 08:00:00 UTC, 3 days ago", CertificateLife.Problem(certificate, Now));
        Assert.Null(CertificateLife.Problem(certificate, Now.AddDays(-4)));
    }

    [Fact]
    public async Task Rotation_CertificateNearsItsEnd_IsReplaced()
    {
        var store = new CertificateStore(_folder, "kubelet-client");
        Save(store, Now.AddDays(-80), Now.AddDays(20));
        var before = store.Load()!.Thumbprint;
        var rotation = new CertificateRotation(store, Requests(Api(r => Signed(r))), () => CertificateWish.Client("node-1"), (_, _) => { }, _time, () => 0, NullLogger<CertificateRotation>.Instance);
        var renewed = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
        rotation.Renewed += age => renewed.TrySetResult(age);
        using var stop = new CancellationTokenSource();

        var running = rotation.RunAsync(stop.Token);

        Assert.Equal(TimeSpan.FromDays(80), await renewed.Task.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.NotEqual(before, store.Load()!.Thumbprint);
        Assert.Equal(rotation.Current!.Thumbprint, store.Load()!.Thumbprint);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private CertificateRequests Requests(IKubeClient api) => new(api, _time, NullLogger<CertificateRequests>.Instance);

    private void Save(CertificateStore store, DateTimeOffset from, DateTimeOffset until)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        store.Save(Sign(CertificateWish.Client("node-1").Request(key), from, until), key.ExportPkcs8PrivateKeyPem(), Now.AddDays(-1));
    }
}
