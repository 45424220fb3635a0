namespace NodeAgent.Kubelet.Server;

/// <summary>What of the kubelet's endpoints is served, and how.</summary>
internal sealed record KubeletEndpointOptions(string NodeName)
{
    /// <summary>streamingConnectionIdleTimeout: streams without a byte for this long are ended.</summary>
    public TimeSpan StreamIdleTimeout { get; init; } = TimeSpan.FromHours(4);

    /// <summary>enableDebuggingHandlers: without them there is no exec, attach, port-forward, run, logs of containers, nor running pods.</summary>
    public bool DebuggingHandlers { get; init; } = true;

    /// <summary>enableSystemLogHandler: whether /logs is served.</summary>
    public bool SystemLogHandler { get; init; } = true;

    /// <summary>enableSystemLogQuery: whether /logs takes queries for services.</summary>
    public bool SystemLogQuery { get; init; }

    /// <summary>What /logs shows.</summary>
    public string LogFolder { get; init; } = "/var/log";

    /// <summary>Where checkpoints of containers are put.</summary>
    public string CheckpointFolder { get; init; } = "/var/lib/kubelet/checkpoints";
}
