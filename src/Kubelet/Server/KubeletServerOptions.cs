using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;

namespace NodeAgent.Kubelet.Server;

/// <summary>How the kubelet's HTTPS server is set up.</summary>
internal sealed record KubeletServerOptions
{
    public IPAddress Address { get; init; } = IPAddress.IPv6Any;

    public int Port { get; init; } = 10250;

    public required string NodeName { get; init; }

    /// <summary>The serving certificate, asked for on every handshake so that a rotated one is used at once.</summary>
    public required Func<X509Certificate2> Certificate { get; init; }

    /// <summary>streamingConnectionIdleTimeout: streams without a byte for this long are ended.</summary>
    public TimeSpan StreamIdleTimeout { get; init; } = TimeSpan.FromHours(4);

    /// <summary>enableDebuggingHandlers: without them there is no exec, attach, port-forward, run, logs of containers, nor running pods.</summary>
    public bool DebuggingHandlers { get; init; } = true;

    /// <summary>Answers /metrics; null for none.</summary>
    public RequestDelegate? Metrics { get; init; }

    /// <summary>The kubelet's configuration as JSON, for /configz; null for none.</summary>
    public Func<string>? Configuration { get; init; }
}
