using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;

namespace NodeAgent.KubeApi.Credentials;

/// <param name="Header">The Authorization header, if any.</param>
/// <param name="Certificate">A client certificate with its chain that takes the place of the configured one, if any.</param>
internal sealed record Credential(AuthenticationHeaderValue? Header, X509Certificate2Collection? Certificate = null)
{
    public static readonly Credential None = new((AuthenticationHeaderValue?)null);
}
