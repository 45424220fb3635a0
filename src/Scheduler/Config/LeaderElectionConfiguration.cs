namespace NodeAgent.Scheduler.Config;

/// <summary>Which of several schedulers is at work.</summary>
internal sealed record LeaderElectionConfiguration
{
    public bool LeaderElect { get; init; } = true;

    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);

    public string ResourceLock { get; init; } = "leases";

    public string ResourceName { get; init; } = "kube-scheduler";

    public string ResourceNamespace { get; init; } = "kube-system";
}
