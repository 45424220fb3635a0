namespace NodeAgent.Kubelet.Server;

/// <summary>What of the kubelet's endpoints is served, and how.</summary>
internal sealed record KubeletEndpointOptions(string NodeName)
{
    /// <summary>streamingConnectionIdleTimeout: streams without a byte for this long are ended.</summary>
    public TimeSpan StreamIdleTimeout { get; init; } = TimeSpan.FromHours(4);

    /// <summary>enableDebuggingHandlers: without them there is no exec, attach, port-forward, run, logs of containers, nor running pods.</summary>
    public bool DebuggingHandlers { get; init; } = true;
}
