using System.Net;
using NodeAgent.Hosting.Lifecycle;
using NodeAgent.Proxy.Config;
using NodeAgent.Proxy.Health;

namespace NodeAgent.Proxy.Explain;

/// <summary><c>kube-proxy explain</c>: asks the proxy that runs on this node, at its metrics address.</summary>
internal static class ExplainCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(ProxyOptions options, string service, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        if (options.MetricsAddress is not { } address)
        {
            await errors.WriteLineAsync("explain asks the running proxy at its metrics address, which the configuration turns off: set metricsBindAddress");
            return ExitCodes.Failure;
        }

        var host = address.Address.Equals(IPAddress.Any) ? IPAddress.Loopback : address.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : address.Address;
        var uri = new Uri($"http://{new IPEndPoint(host, address.Port)}{StatusServer.ExplainPath}{service}");
        using var client = new HttpClient { Timeout = Patience };
        try
        {
            using var response = await client.GetAsync(uri, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            await (response.IsSuccessStatusCode ? output : errors).WriteAsync(text);
            return response.IsSuccessStatusCode ? ExitCodes.Success : ExitCodes.Failure;
        }
        catch (HttpRequestException e)
        {
            await errors.WriteLineAsync($"cannot ask the proxy at {uri}: {e.Message}; is it running on this node, with this configuration (--config, --metrics-bind-address)?");
            return ExitCodes.Failure;
        }
    }
}
