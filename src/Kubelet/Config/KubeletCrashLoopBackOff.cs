namespace NodeAgent.Kubelet.Config;

/// <summary>How long containers that keep failing wait between two tries.</summary>
internal sealed class KubeletCrashLoopBackOff
{
    /// <summary>Between 1 s and 300 s.</summary>
    public TimeSpan MaxContainerRestartPeriod { get; set; } = TimeSpan.FromSeconds(300);
}
