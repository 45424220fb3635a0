using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using NodeAgent.Kubelet.Server.Access;
using NodeAgent.Testing;

namespace NodeAgent.Kubelet.Tests.Server;

public class RequestGateTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeReviews _reviews = new();

    private async Task<int?> DecideAsync(RequestGateOptions options, Action<HttpContext>? prepare = null, RequestGate? gate = null, string path = "/pods")
    {
        var context = new DefaultHttpContext();
        context.Request.Method = "GET";
        context.Request.Path = path;
        prepare?.Invoke(context);
        return (await (gate ?? Gate(options)).DecideAsync(context, CancellationToken.None)).Status;
    }

    private RequestGate Gate(RequestGateOptions options) => new(options, _reviews, "node-1", _time);

    private static Action<HttpContext> Token(string token) => context => context.Request.Headers.Authorization = "Bearer " + token;

    [Fact]
    public async Task Decide_NobodyAndAnonymousOff_Unauthorized() => Assert.Equal(401, await DecideAsync(new RequestGateOptions { AlwaysAllow = true }));

    [Fact]
    public async Task Decide_NobodyAndAnonymousOn_AsAnonymous()
    {
        _reviews.Allowed.Add("system:anonymous get proxy");

        Assert.Null(await DecideAsync(new RequestGateOptions { Anonymous = true }));
    }

    [Fact]
    public async Task Decide_UnknownToken_UnauthorizedEvenWithAnonymousOn() =>
        Assert.Equal(401, await DecideAsync(new RequestGateOptions { Anonymous = true, AlwaysAllow = true }, Token("nobody")));

    [Theory]
    [InlineData("alice get pods", null)]
    [InlineData("alice get proxy", null)]
    [InlineData("alice get stats", 403)]
    public async Task Decide_KnownToken_NarrowOrProxyRight(string right, int? expected)
    {
        _reviews.Allowed.Add(right);

        Assert.Equal(expected, await DecideAsync(new RequestGateOptions(), Token("alice")));
    }

    [Fact]
    public async Task Decide_AlwaysAllow_NobodyIsAsked()
    {
        Assert.Null(await DecideAsync(new RequestGateOptions { AlwaysAllow = true }, Token("alice")));
        Assert.Equal(0, _reviews.AccessReviews);
    }

    [Fact]
    public async Task Decide_Again_RemembersForAWhile()
    {
        var gate = Gate(new RequestGateOptions());
        _reviews.Allowed.Add("alice get pods");

        await DecideAsync(new RequestGateOptions(), Token("alice"), gate);
        await DecideAsync(new RequestGateOptions(), Token("alice"), gate);
        Assert.Equal((1, 1), (_reviews.TokenReviews, _reviews.AccessReviews));
        _time.Advance(TimeSpan.FromMinutes(6));
        await DecideAsync(new RequestGateOptions(), Token("alice"), gate);

        Assert.Equal((2, 2), (_reviews.TokenReviews, _reviews.AccessReviews));
    }

    [Fact]
    public async Task Decide_ApiServerIsDown_ServerError()
    {
        _reviews.Failure = new IOException("down");

        Assert.Equal(500, await DecideAsync(new RequestGateOptions(), Token("alice")));
    }

    [Fact]
    public async Task Decide_ClientCertificate_CommonNameAndAllOrganizations()
    {
        using var authority = Certificate(Name("ca"), null, isAuthority: true);
        using var client = Certificate(Name("kube-apiserver", "system:masters", "second"), authority);
        _reviews.Allowed.Add("kube-apiserver get pods");

        var status = await DecideAsync(new RequestGateOptions { ClientAuthorities = () => [authority] }, c => c.Connection.ClientCertificate = client);

        Assert.Null(status);
        Assert.Equal(["second", "system:authenticated", "system:masters"], _reviews.LastUser!.Groups.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Decide_CertificateOfAnotherAuthority_Unauthorized()
    {
        using var authority = Certificate(Name("ca"), null, isAuthority: true);
        using var other = Certificate(Name("other"), null, isAuthority: true);
        using var client = Certificate(Name("kube-apiserver"), other);

        Assert.Equal(401, await DecideAsync(new RequestGateOptions { ClientAuthorities = () => [authority] }, c => c.Connection.ClientCertificate = client));
    }

    // As Go writes it: all organizations in one set.
    private static X500DistinguishedName Name(string commonName, params string[] organizations)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            WriteSet(writer, "2.5.4.10", organizations);
            WriteSet(writer, "2.5.4.3", commonName);
        }

        return new X500DistinguishedName(writer.Encode());
    }

    private static void WriteSet(AsnWriter writer, string type, params string[] values)
    {
        if (values.Length > 0)
        {
            using var set = writer.PushSetOf();
            foreach (var value in values)
            {
                using var attribute = writer.PushSequence();
                writer.WriteObjectIdentifier(type);
                writer.WriteCharacterString(UniversalTagNumber.UTF8String, value);
            }
        }
    }

    private X509Certificate2 Certificate(X500DistinguishedName subject, X509Certificate2? issuer, bool isAuthority = false)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        if (!isAuthority)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], false));
        }

        var (from, to) = (_time.GetUtcNow().AddDays(-1), _time.GetUtcNow().AddDays(1));
        if (issuer is null)
        {
            return request.CreateSelfSigned(from, to);
        }

        using var certificate = request.Create(issuer, from, to, Guid.NewGuid().ToByteArray());
        return certificate.CopyWithPrivateKey(key);
    }

    private sealed class FakeReviews : IAccessReviews
    {
        public HashSet<string> Allowed { get; } = [];

        public int TokenReviews { get; private set; }

        public int AccessReviews { get; private set; }

        public Exception? Failure { get; set; }

        public KubeUser? LastUser { get; private set; }

        public Task<KubeUser?> ReviewTokenAsync(string token, CancellationToken cancellationToken)
        {
            TokenReviews++;
            return Failure is null ? Task.FromResult(token == "alice" ? new KubeUser("alice", "1", []) : null) : Task.FromException<KubeUser?>(Failure);
        }

        public Task<AccessAnswer> ReviewAccessAsync(KubeUser user, NodeAccess access, CancellationToken cancellationToken)
        {
            AccessReviews++;
            LastUser = user;
            return Task.FromResult(new AccessAnswer(Allowed.Contains($"{user.Name} {access.Verb} {access.Subresource}"), ""));
        }
    }
}
