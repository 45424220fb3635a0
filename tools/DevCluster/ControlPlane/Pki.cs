using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NodeAgent.DevCluster.ControlPlane;

/// <summary>The certificates and keys of one cluster, as files in one folder with kubeadm's names.</summary>
public sealed class Pki(string folder)
{
    private static readonly TimeSpan Validity = TimeSpan.FromDays(365);

    public string Folder { get; } = folder;

    public string CaFile => Path.Combine(Folder, "ca.crt");

    public string CaKeyFile => Path.Combine(Folder, "ca.key");

    /// <summary>Makes what is missing; what is there is kept.</summary>
    /// <param name="serverNames">Names and addresses by which the API server is reached.</param>
    public void EnsureClusterFiles(IReadOnlyList<string> serverNames)
    {
        Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        EnsureAuthority("ca", "kubernetes");
        EnsureAuthority("front-proxy-ca", "front-proxy-ca");
        EnsureSigned("apiserver", "ca", "CN=kube-apiserver", serverNames);
        EnsureSigned("apiserver-kubelet-client", "ca", "CN=kube-apiserver-kubelet-client, O=system:masters");
        EnsureSigned("front-proxy-client", "front-proxy-ca", "CN=front-proxy-client");
        if (!File.Exists(PathOf("sa.key")))
        {
            using var key = RSA.Create(2048);
            WriteSecret("sa.key", key.ExportPkcs8PrivateKeyPem());
            File.WriteAllText(PathOf("sa.pub"), key.ExportSubjectPublicKeyInfoPem());
        }
    }

    /// <summary>A client certificate for a user, as <c>&lt;name&gt;.crt</c> and <c>&lt;name&gt;.key</c>.</summary>
    public (string Certificate, string Key) EnsureClient(string name, string user, string? group = null)
    {
        EnsureSigned(name, "ca", group is null ? $"CN={user}" : $"CN={user}, O={group}");
        return (PathOf(name + ".crt"), PathOf(name + ".key"));
    }

    public string PathOf(string file) => Path.Combine(Folder, file);

    private void EnsureAuthority(string name, string subject)
    {
        if (File.Exists(PathOf(name + ".crt")))
        {
            return;
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={subject}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var certificate = request.CreateSelfSigned(NotBefore(), NotBefore() + Validity * 2);
        WriteSecret(name + ".key", key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(PathOf(name + ".crt"), certificate.ExportCertificatePem() + "\n");
    }

    private void EnsureSigned(string name, string authority, string subject, IReadOnlyList<string>? serverNames = null)
    {
        if (File.Exists(PathOf(name + ".crt")))
        {
            return;
        }

        using var issuer = X509Certificate2.CreateFromPemFile(PathOf(authority + ".crt"), PathOf(authority + ".key"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(serverNames is null ? "1.3.6.1.5.5.7.3.2" : "1.3.6.1.5.5.7.3.1")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, true, false));
        if (serverNames is not null)
        {
            request.CertificateExtensions.Add(AlternativeNames(serverNames));
        }

        using var certificate = request.Create(issuer, NotBefore(), NotBefore() + Validity, RandomNumberGenerator.GetBytes(12));
        WriteSecret(name + ".key", key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(PathOf(name + ".crt"), certificate.ExportCertificatePem() + "\n");
    }

    private static X509Extension AlternativeNames(IReadOnlyList<string> names)
    {
        var builder = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
            {
                builder.AddIpAddress(address);
            }
            else
            {
                builder.AddDnsName(name);
            }
        }

        return builder.Build();
    }

    // An hour in the past, for hosts whose clocks are not quite together.
    private static DateTimeOffset NotBefore() => DateTimeOffset.UtcNow.AddHours(-1);

    private void WriteSecret(string file, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        using var writer = new StreamWriter(PathOf(file), options);
        writer.WriteLine(text);
    }
}
