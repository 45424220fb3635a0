using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace NodeAgent.Hosting.Server;

/// <summary>The certificate that a TLS server shows, and where it comes from.</summary>
public sealed class ServingCertificate
{
    private readonly Func<SslStreamCertificateContext> _current;

    private ServingCertificate(Func<SslStreamCertificateContext> current)
    {
        _current = current;
    }

    public SslStreamCertificateContext Current => _current();

    /// <summary>From PEM files, which may be one and the same; re-read when they change.</summary>
    public static ServingCertificate FromFiles(string certificateFile, string keyFile, TimeProvider time, ILogger<ServingCertificate> logger)
    {
        var files = new ReloadedFiles<SslStreamCertificateContext>([certificateFile, keyFile], () => Read(certificateFile, keyFile), time, logger);
        return new ServingCertificate(() => files.Current);
    }

    /// <summary>
    /// From <c>name.crt</c> and <c>name.key</c> in a directory; when they are not there, a self-signed pair is made and, where
    /// the directory can be written to, kept.
    /// </summary>
    public static ServingCertificate FromDirectory(string directory, string name, IReadOnlyList<string> hosts, TimeProvider time, ILogger<ServingCertificate> logger)
    {
        var certificateFile = Path.Combine(directory, name + ".crt");
        var keyFile = Path.Combine(directory, name + ".key");
        if (!File.Exists(certificateFile) || !File.Exists(keyFile))
        {
            Directory.CreateDirectory(directory);
            using var made = MakeSelfSigned(hosts, time);
            using var key = made.GetECDsaPrivateKey()!;
            WriteKey(keyFile, key.ExportPkcs8PrivateKeyPem());
            File.WriteAllText(certificateFile, made.ExportCertificatePem());
        }

        return FromFiles(certificateFile, keyFile, time, logger);
    }

    /// <summary>A self-signed certificate that lives as long as the process.</summary>
    public static ServingCertificate InMemory(IReadOnlyList<string> hosts, TimeProvider time)
    {
        var context = SslStreamCertificateContext.Create(MakeSelfSigned(hosts, time), null, offline: true);
        return new ServingCertificate(() => context);
    }

    /// <summary>From somewhere else: a certificate that the daemon has signed and rotates. Asked for each connection.</summary>
    public static ServingCertificate FromSource(Func<SslStreamCertificateContext> current) => new(current);

    internal static X509Certificate2 MakeSelfSigned(IReadOnlyList<string> hosts, TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = time.GetUtcNow();
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts)
        {
            if (System.Net.IPAddress.TryParse(host, out var address))
            {
                names.AddIpAddress(address);
            }
            else
            {
                names.AddDnsName(host);
            }
        }

        var request = new CertificateRequest($"CN={hosts[0]}@{now.ToUnixTimeSeconds()}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        // As old as upstream makes them, for clients whose clocks are behind.
        return request.CreateSelfSigned(now.AddHours(-1), now.AddYears(1));
    }

    private static SslStreamCertificateContext Read(string certificateFile, string keyFile)
    {
        try
        {
            var leaf = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(certificateFile);
            if (chain.Count > 0)
            {
                chain.RemoveAt(0);
            }

            return SslStreamCertificateContext.Create(leaf, chain, offline: true);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new InvalidDataException($"the certificate {certificateFile} with the key {keyFile} cannot be used: {e.Message}", e);
        }
    }

    private static void WriteKey(string path, string pem)
    {
        using var stream = new FileStream(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        using var writer = new StreamWriter(stream);
        writer.Write(pem);
    }
}
