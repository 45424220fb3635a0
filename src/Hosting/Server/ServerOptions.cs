using System.Net;
using Microsoft.AspNetCore.Http;

namespace NodeAgent.Hosting.Server;

/// <summary>One listening server.</summary>
/// <param name="Name">For the log and error messages, such as <c>metrics</c>.</param>
/// <param name="Endpoint">Port 0 takes a free port; see <see cref="DaemonServer.Endpoint"/>.</param>
public sealed record ServerOptions(string Name, IPEndPoint Endpoint)
{
    /// <summary>Null for plain HTTP.</summary>
    public TlsSettings? Tls { get; init; }

    /// <summary>Null when everybody may do everything.</summary>
    public ServerSecurity? Security { get; init; }

    /// <summary>Also serves WebSocket requests.</summary>
    public bool WebSockets { get; init; }

    /// <summary>Called at the beginning of each request, refused ones included; what it returns is disposed at the end.</summary>
    public Func<HttpContext, IDisposable>? Observe { get; init; }

    public int MaxConnections { get; init; } = 1024;

    /// <summary>Null for no limit.</summary>
    public long? MaxRequestBodyBytes { get; init; } = 3 * 1024 * 1024;

    /// <summary>Parses upstream's bind addresses: <c>10.0.0.1</c>, <c>10.0.0.1:10249</c>, <c>[::]:10249</c>, <c>::</c>, <c>:10249</c>.</summary>
    /// <exception cref="FormatException">It is none of these.</exception>
    public static IPEndPoint ParseEndpoint(string text, int defaultPort)
    {
        if (text.Length == 0)
        {
            return new IPEndPoint(IPAddress.Any, defaultPort);
        }

        if (text[0] == ':' && ushort.TryParse(text.AsSpan(1), out var port))
        {
            return new IPEndPoint(IPAddress.IPv6Any, port);
        }

        // .NET takes a bare number for an address, and looks past the port behind a bracketed one.
        if (text[0] != '[' && text.AsSpan().ContainsAny('.', ':') && IPAddress.TryParse(text, out var address))
        {
            return new IPEndPoint(address, defaultPort);
        }

        return text.Contains(':', StringComparison.Ordinal) && IPEndPoint.TryParse(text, out var endpoint)
            ? endpoint
            : throw new FormatException($"\"{text}\" is no address of the form IP or IP:port");
    }
}
