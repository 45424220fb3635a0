using System.Net.Security;
using System.Security.Authentication;

namespace NodeAgent.Hosting.Server;

/// <summary>How a TLS server speaks.</summary>
/// <param name="MinVersion"><c>VersionTLS12</c> or <c>VersionTLS13</c>; empty for the default. Older versions are taken for 1.2, the oldest that is spoken.</param>
/// <param name="CipherSuites">IANA names of suites for TLS 1.2; empty for the system's choice.</param>
public sealed record TlsSettings(ServingCertificate Certificate, string MinVersion = "", IReadOnlyList<string>? CipherSuites = null)
{
    /// <summary>Asks clients for a certificate, which an authenticator then looks at; those without one are served too.</summary>
    public bool RequestClientCertificate { get; init; }

    /// <exception cref="FormatException">A version or suite is unknown.</exception>
    public static SslProtocols Protocols(string minVersion) => minVersion switch
    {
        "" or "VersionTLS10" or "VersionTLS11" or "VersionTLS12" => SslProtocols.Tls12 | SslProtocols.Tls13,
        "VersionTLS13" => SslProtocols.Tls13,
        _ => throw new FormatException($"the TLS version \"{minVersion}\" is unknown; VersionTLS12 or VersionTLS13 is expected"),
    };

    /// <exception cref="FormatException">A suite is unknown.</exception>
    public static CipherSuitesPolicy? Suites(IReadOnlyList<string>? names)
    {
        if (names is null or { Count: 0 })
        {
            return null;
        }

        // The suites of TLS 1.3 cannot be chosen, as in Go.
        List<TlsCipherSuite> suites = [TlsCipherSuite.TLS_AES_128_GCM_SHA256, TlsCipherSuite.TLS_AES_256_GCM_SHA384, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256];
        foreach (var name in names)
        {
            // Go's older names of these two lack the hash.
            var full = name is "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305" or "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305" ? name + "_SHA256" : name;
            suites.Add(Enum.TryParse<TlsCipherSuite>(full, out var suite) && !char.IsDigit(full[0]) ? suite : throw new FormatException($"the TLS cipher suite \"{name}\" is unknown"));
        }

#pragma warning disable CA1416 // Linux only, as all of NodeAgent is.
        return new CipherSuitesPolicy(suites);
#pragma warning restore CA1416
    }
}
