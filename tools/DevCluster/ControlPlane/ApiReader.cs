using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace NodeAgent.DevCluster.ControlPlane;

/// <summary>
/// Reads from an API server as the cluster's administrator, within this process: for what is asked several times a second until it
/// is so. A kubectl for each question was a fifth of what the cluster tests used of the processor.
/// </summary>
public sealed class ApiReader : IDisposable
{
    private readonly HttpClient _http;

    internal ApiReader(Uri server, Pki pki)
    {
        var (certificate, key) = pki.EnsureClient("admin", "kubernetes-admin", "system:masters");
        using var identity = X509Certificate2.CreateFromPemFile(certificate, key);
        var authority = X509CertificateLoader.LoadCertificateFromFile(pki.CaFile);
        var handler = new SocketsHttpHandler();
        handler.SslOptions.ClientCertificates = [X509CertificateLoader.LoadPkcs12(identity.Export(X509ContentType.Pkcs12), null)];
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { authority },
        };
        _http = new HttpClient(handler) { BaseAddress = server, Timeout = TimeSpan.FromSeconds(10) };
    }

    /// <summary>The body of a good answer; null when there is none, because the object or the server is not there.</summary>
    /// <param name="path">With its query, such as <c>/api/v1/nodes/a</c>.</param>
    /// <exception cref="InvalidOperationException">The server refuses for another reason than that there is no such object.</exception>
    public async Task<string?> GetAsync(string path) => await AskAsync(path) switch
    {
        (HttpStatusCode.OK, var body) => body,
        null or (HttpStatusCode.NotFound or >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests, _) => null,
        var (status, body) => throw new InvalidOperationException($"GET {path}: {(int)status} {body}"),
    };

    /// <summary>Whether the server is there and has no object under the path, unlike a null of <see cref="GetAsync"/>.</summary>
    public async Task<bool> IsMissingAsync(string path) => await AskAsync(path) is (HttpStatusCode.NotFound, _);

    public void Dispose() => _http.Dispose();

    // Null when the server does not answer.
    private async Task<(HttpStatusCode Status, string Body)?> AskAsync(string path)
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri(path, UriKind.Relative));
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException)
        {
            return null;
        }
    }
}
