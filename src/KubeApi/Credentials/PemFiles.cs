using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace NodeAgent.KubeApi.Credentials;

/// <summary>Certificates and keys from PEM, with errors that say which file.</summary>
internal static class PemFiles
{
    /// <summary>The bytes behind each of the three, for comparison with what was read before.</summary>
    public sealed record Contents(byte[]? Authority, byte[]? Certificate, byte[]? Key)
    {
        public bool SameAs(Contents? other) =>
            other is not null && Same(Authority, other.Authority) && Same(Certificate, other.Certificate) && Same(Key, other.Key);

        private static bool Same(byte[]? a, byte[]? b) => a is null ? b is null : b is not null && a.AsSpan().SequenceEqual(b);
    }

    public static Contents Read(ClientConfig config) => new(
        Read(config, config.CertificateAuthority, "certificate-authority"),
        Read(config, config.ClientCertificate, "client-certificate"),
        Read(config, config.ClientKey, "client-key"));

    public static TlsIdentity Parse(ClientConfig config, Contents contents)
    {
        X509Certificate2Collection? authorities = null;
        if (contents.Authority is { } authority)
        {
            authorities = ParseCertificates(authority, $"{config.Source}: certificate-authority ({config.CertificateAuthority})");
        }

        X509Certificate2Collection? client = null;
        if (contents.Certificate is { } certificate && contents.Key is { } key)
        {
            client = ParseClient(
                Encoding.UTF8.GetString(certificate),
                Encoding.UTF8.GetString(key),
                $"{config.Source}: client-certificate ({config.ClientCertificate}) and client-key ({config.ClientKey})");
        }

        return new TlsIdentity(authorities, client);
    }

    public static X509Certificate2Collection ParseClient(string certificatePem, string keyPem, string source)
    {
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificatePem);
            if (chain.Count > 0)
            {
                chain[0] = X509Certificate2.CreateFromPem(certificatePem, keyPem);
                return chain;
            }
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new ClientConfigException($"{source}: {e.Message}", e);
        }

        throw new ClientConfigException($"{source}: there is no CERTIFICATE block in it");
    }

    private static X509Certificate2Collection ParseCertificates(byte[] pem, string source)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(Encoding.UTF8.GetString(pem));
        }
        catch (CryptographicException e)
        {
            throw new ClientConfigException($"{source}: {e.Message}", e);
        }

        return certificates.Count > 0 ? certificates : throw new ClientConfigException($"{source}: there is no CERTIFICATE block in it");
    }

    private static byte[]? Read(ClientConfig config, DataOrFile? source, string field)
    {
        if (source?.File is not { } file)
        {
            return source?.Data;
        }

        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ClientConfigException($"{config.Source}: {field} {file} cannot be read: {e.Message}", e);
        }
    }
}
