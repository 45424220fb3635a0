using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using NodeAgent.Hosting.Config;
using NodeAgent.Scheduler.Config;

namespace NodeAgent.Scheduler.Extenders;

/// <summary>Makes the HTTP client of one extender.</summary>
internal static class ExtenderTransport
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);

    /// <param name="index">Of the extender in the configuration, for messages.</param>
    /// <exception cref="ConfigException">A certificate cannot be read.</exception>
    public static HttpClient Create(ExtenderConfiguration config, int index)
    {
        var handler = new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.FromMinutes(10) };
        try
        {
            Secure(handler.SslOptions, config);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or FormatException or ArgumentException)
        {
            throw new ConfigException("the configuration cannot be used", $"extenders[{index}].tlsConfig: {e.Message}");
        }

        var client = new HttpClient(handler) { Timeout = config.HttpTimeout == TimeSpan.Zero ? DefaultTimeout : config.HttpTimeout };
        if (config.TlsConfig is { ServerName: { Length: > 0 } name })
        {
            // The handler takes the name that it sends and checks from here.
            client.DefaultRequestHeaders.Host = name;
        }

        return client;
    }

    private static void Secure(SslClientAuthenticationOptions options, ExtenderConfiguration config)
    {
        var tls = config.TlsConfig ?? new ExtenderTlsConfiguration();
        var authorities = Pem(tls.CaData, tls.CaFile);
        if (Pem(tls.CertData, tls.CertFile) is { } certificate)
        {
            var key = Pem(tls.KeyData, tls.KeyFile) ?? throw new FormatException("certFile or certData needs keyFile or keyData");
            options.ClientCertificates = [X509Certificate2.CreateFromPem(certificate, key)];
        }

        if (authorities is not null)
        {
            var roots = new X509Certificate2Collection();
            roots.ImportFromPem(authorities);
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(roots);
        }

        // As upstream: https that names no authority is not checked.
        if (tls.Insecure || (config.EnableHttps && authorities is null))
        {
#pragma warning disable CA5359 // What insecure asks for.
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }
    }

    private static string? Pem(string data, string file) =>
        data.Length > 0 ? Encoding.UTF8.GetString(Convert.FromBase64String(data)) : file.Length > 0 ? File.ReadAllText(file) : null;
}
