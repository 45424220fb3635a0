using NodeAgent.Hosting.Logging;

namespace NodeAgent.Proxy.Config;

/// <summary>What the command line asks for.</summary>
/// <param name="Configuration">As it was given, for /configz.</param>
internal sealed record ProxyCommand(ProxyOptions Options, KubeProxyConfiguration Configuration)
{
    /// <summary>Remove every rule and end.</summary>
    public bool Cleanup { get; init; }

    /// <summary>Set up the host and end.</summary>
    public bool InitOnly { get; init; }

    /// <summary>Write the configuration with its defaults to this file and end.</summary>
    public string? WriteConfigTo { get; init; }

    public string? Kubeconfig => Configuration.ClientConnection?.Kubeconfig;

    /// <summary>Overrides the API server's address.</summary>
    public string? Master { get; init; }

    /// <summary>Where the configuration came from; a change of it ends the proxy, so that it starts with the new one.</summary>
    public string? ConfigFile { get; init; }

    public LoggingOptions? Logging => Configuration.Logging is { } logging
        ? new LoggingOptions(logging.Format ?? LoggingOptions.TextFormat, logging.Verbosity ?? 0)
        : null;
}
