using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace NodeAgent.KubeApi.Credentials;

/// <summary>Whom the client trusts and who it is, at the level of TLS. Compared by reference: a new one asks for new connections.</summary>
internal sealed class TlsIdentity(X509Certificate2Collection? authorities, X509Certificate2Collection? client)
{
    /// <summary>Null for the system's.</summary>
    public X509Certificate2Collection? Authorities { get; } = authorities;

    /// <summary>The client's certificate with its key, and what the server needs to build the chain.</summary>
    public SslStreamCertificateContext? Client { get; } = client is { Count: > 0 }
        ? SslStreamCertificateContext.Create(client[0], [.. client.Skip(1)], offline: true)
        : null;

    /// <summary>When the client certificate ends, for warnings; null without one.</summary>
    public DateTimeOffset? ClientExpires => Client is { } context ? new DateTimeOffset(context.TargetCertificate.NotAfter.ToUniversalTime()) : null;
}
