using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace NodeAgent.Hosting.Server;

/// <summary>Knows users by client certificates: the common name is the user, the organizations are the groups.</summary>
public sealed class ClientCertificateAuthenticator(IClientAuthorities authorities, TimeProvider time) : IAuthenticator
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const string CommonName = "2.5.4.3";
    private const string Organization = "2.5.4.10";
    private const string UserId = "1.3.6.1.4.1.57683.2";

    public ValueTask<UserInfo?> AuthenticateAsync(HttpContext request, CancellationToken cancellationToken)
    {
        if (request.Connection.ClientCertificate is not { } certificate || authorities.Current is not { } roots)
        {
            return ValueTask.FromResult<UserInfo?>(null);
        }

        var items = request.Features.Get<IConnectionItemsFeature>()?.Items;
        // One verification per connection, while the authorities are the same; the end of the certificate is looked at every time.
        if (items is not null && items.TryGetValue(this, out var known) && known is Verified verified && ReferenceEquals(verified.Roots, roots) && time.GetUtcNow() < verified.Until)
        {
            return ValueTask.FromResult<UserInfo?>(verified.User);
        }

        var user = Verify(certificate, roots);
        if (items is not null)
        {
            items[this] = new Verified(user, roots, new DateTimeOffset(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero));
        }

        return ValueTask.FromResult<UserInfo?>(user);
    }

    internal UserInfo Verify(X509Certificate2 certificate, X509Certificate2Collection roots)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = time.GetUtcNow().UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid(ClientAuthentication));
        if (!chain.Build(certificate))
        {
            throw new AuthenticationFailedException($"the client certificate of {certificate.Subject} is not accepted: {string.Join(", ", chain.ChainStatus.Select(s => s.Status))}");
        }

        return UserOf(certificate);
    }

    internal static UserInfo UserOf(X509Certificate2 certificate)
    {
        var name = "";
        var uid = "";
        var groups = new List<string>();
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            if (part.HasMultipleElements)
            {
                continue;
            }

            switch (part.GetSingleElementType().Value)
            {
                case CommonName:
                    name = part.GetSingleElementValue() ?? "";
                    break;
                case Organization when part.GetSingleElementValue() is { } group:
                    groups.Add(group);
                    break;
                case UserId:
                    uid = part.GetSingleElementValue() ?? "";
                    break;
            }
        }

        if (name.Length == 0)
        {
            throw new AuthenticationFailedException("the client certificate has no common name");
        }

        groups.Add(UserInfo.AuthenticatedGroup);
        return new UserInfo(name, groups) with { Uid = uid };
    }

    private sealed record Verified(UserInfo User, X509Certificate2Collection Roots, DateTimeOffset Until);
}
