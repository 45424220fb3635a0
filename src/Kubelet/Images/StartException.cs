namespace NodeAgent.Kubelet.Images;

/// <summary>A container cannot be started now; the reason is what its status shows while it waits.</summary>
internal sealed class StartException(string reason, string message, Exception? inner = null) : Exception(message, inner)
{
    public string Reason { get; } = reason;

    /// <summary>When it is worth trying again; null for the usual pace.</summary>
    public DateTimeOffset? RetryAt { get; init; }
}
