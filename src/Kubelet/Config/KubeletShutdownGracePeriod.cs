namespace NodeAgent.Kubelet.Config;

/// <summary>What pods of a priority, and of those up to the next entry's, get to end when the node shuts down.</summary>
internal sealed class KubeletShutdownGracePeriod
{
    public int Priority { get; set; }

    public long ShutdownGracePeriodSeconds { get; set; }
}
