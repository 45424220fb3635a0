using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NodeAgent.Kubelet.Server.Access;

/// <summary>The user that a client certificate names: the common name, with the organizations as groups.</summary>
internal static class ClientCertificates
{
    private const string CommonName = "2.5.4.3";
    private const string Organization = "2.5.4.10";
    private static readonly Oid ClientAuthentication = new("1.3.6.1.5.5.7.3.2");

    /// <returns>Null when the certificate is not of these authorities, not valid now, not for clients, or names nobody.</returns>
    public static KubeUser? UserOf(X509Certificate2 certificate, X509Certificate2Collection authorities, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(ClientAuthentication);
        if (!chain.Build(certificate))
        {
            return null;
        }

        var names = ReadNames(certificate.SubjectName.RawData).ToLookup(n => n.Type, n => n.Value);
        return names[CommonName].LastOrDefault() is { Length: > 0 } user ? new KubeUser(user, "", [.. names[Organization], "system:authenticated"]) : null;
    }

    // Read by hand, because several organizations may be in one set, which the framework's own reader refuses.
    private static IEnumerable<(string Type, string Value)> ReadNames(byte[] subject)
    {
        var sets = new AsnReader(subject, AsnEncodingRules.DER).ReadSequence();
        while (sets.HasData)
        {
            var set = sets.ReadSetOf(skipSortOrderValidation: true);
            while (set.HasData)
            {
                var attribute = set.ReadSequence();
                var type = attribute.ReadObjectIdentifier();
                if (type is CommonName or Organization)
                {
                    yield return (type, attribute.ReadCharacterString((UniversalTagNumber)attribute.PeekTag().TagValue));
                }
            }
        }
    }
}
