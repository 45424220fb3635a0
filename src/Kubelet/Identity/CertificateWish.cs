using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NodeAgent.Kubelet.Identity;

/// <summary>What a certificate is wanted for.</summary>
/// <param name="Signer">The signer's name in the API.</param>
/// <param name="Purpose">The extended usage: <c>client auth</c> or <c>server auth</c>.</param>
/// <param name="Names">Addresses and host names that it is to stand for.</param>
internal sealed record CertificateWish(string NodeName, string Signer, string Purpose, IReadOnlyList<string> Names)
{
    public const string ClientSigner = "kubernetes.io/kube-apiserver-client-kubelet";
    public const string ServingSigner = "kubernetes.io/kubelet-serving";

    /// <summary>
    /// With <c>key encipherment</c>, which an elliptic key has no use for: signers before v1.27 want it, later ones take it.
    /// </summary>
    public IReadOnlyList<string> Usages => ["digital signature", "key encipherment", Purpose];

    public static CertificateWish Client(string nodeName) => new(nodeName, ClientSigner, "client auth", []);

    public static CertificateWish Serving(string nodeName, IReadOnlyList<string> names) => new(nodeName, ServingSigner, "server auth", names);

    /// <returns>The request in PEM, for the API.</returns>
    public string Request(ECDsa key)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddOrganizationName("system:nodes");
        subject.AddCommonName("system:node:" + NodeName);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        if (Names.Count > 0)
        {
            var names = new SubjectAlternativeNameBuilder();
            foreach (var name in Names)
            {
                if (IPAddress.TryParse(name, out var address))
                {
                    names.AddIpAddress(address);
                }
                else
                {
                    names.AddDnsName(name);
                }
            }

            request.CertificateExtensions.Add(names.Build());
        }

        return request.CreateSigningRequestPem();
    }

    /// <summary>Whether the certificate stands for all names that are wanted now.</summary>
    public bool Covers(X509Certificate2 certificate) => Names.All(n => certificate.MatchesHostname(n));
}
