using System.Net.Security;

namespace NodeAgent.Kubelet.Hooks;

/// <summary>HTTP requests to containers, for probes and hooks. No connection is kept: a probe that finds an old one open proves nothing.</summary>
internal sealed class HttpAction : IDisposable
{
    private const int LongestBody = 10 * 1024;
    private const int MostRedirects = 10;

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        PooledConnectionLifetime = TimeSpan.Zero,
        AutomaticDecompression = System.Net.DecompressionMethods.All,
        SslOptions = new SslClientAuthenticationOptions
        {
            // A probe asks whether the container answers, not who it is.
#pragma warning disable CA5359
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
        },
    });

    /// <param name="host">Where to, when the action names no host.</param>
    /// <param name="purpose">For the User-Agent: <c>probe</c> or <c>lifecycle</c>.</param>
    /// <exception cref="HttpRequestException">No answer.</exception>
    public async Task<(int Status, string Body)> GetAsync(HTTPGetAction action, Container container, string host, string purpose, CancellationToken cancellationToken)
    {
        var scheme = action.Scheme.Length > 0 ? action.Scheme.ToLowerInvariant() : "http";
        var target = action.Host.Length > 0 ? action.Host : host;
        var path = action.Path.StartsWith('/') ? action.Path : "/" + action.Path;
        var bracketed = target.Contains(':', StringComparison.Ordinal) ? $"[{target}]" : target;
        var uri = new Uri($"{scheme}://{bracketed}:{Ports.Resolve(action.Port, container)}{path}");
        for (var redirects = 0; ; redirects++)
        {
            using var request = MakeRequest(uri, action, purpose);
            using var response = await _http.SendAsync(request, cancellationToken);
            if ((int)response.StatusCode is 301 or 302 or 303 or 307 or 308
                && response.Headers.Location is { } location
                && redirects < MostRedirects
                && new Uri(uri, location) is var next
                && next.Host == uri.Host)
            {
                uri = next;
                continue;
            }

            return ((int)response.StatusCode, await ReadBodyAsync(response, cancellationToken));
        }
    }

    public void Dispose() => _http.Dispose();

    private static HttpRequestMessage MakeRequest(Uri uri, HTTPGetAction action, string purpose)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, uri);
        foreach (var header in action.HttpHeaders)
        {
            if (header.Name.Equals("Host", StringComparison.OrdinalIgnoreCase))
            {
                request.Headers.Host = header.Value;
            }
            else
            {
                request.Headers.TryAddWithoutValidation(header.Name, header.Value);
            }
        }

        if (!request.Headers.Contains("User-Agent"))
        {
            request.Headers.TryAddWithoutValidation("User-Agent", $"kube-{purpose}/1.36");
        }

        if (!request.Headers.Contains("Accept"))
        {
            request.Headers.TryAddWithoutValidation("Accept", "*/*");
        }

        return request;
    }

    private static async Task<string> ReadBodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[1024];
        using var body = new MemoryStream();
        int read;
        while (body.Length < LongestBody && (read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            body.Write(buffer, 0, (int)Math.Min(read, LongestBody - body.Length));
        }

        return System.Text.Encoding.UTF8.GetString(body.GetBuffer(), 0, (int)body.Length);
    }
}
