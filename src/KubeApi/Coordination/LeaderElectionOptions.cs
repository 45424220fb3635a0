namespace NodeAgent.KubeApi.Coordination;

/// <summary>Which Lease is fought for, and how patiently.</summary>
/// <param name="Identity">This process, and no other: the host's name and something random.</param>
public sealed record LeaderElectionOptions(string Namespace, string Name, string Identity)
{
    /// <summary>How long the others wait after the last renewal that they saw.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long the leader tries to renew before it gives up; shorter than the lease, so that it stops before another starts.</summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From one attempt to the next; waiting candidates add up to 120 percent by chance.</summary>
    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often a waiting candidate looks whether the lease was given up, where that is more often than <see cref="RetryPeriod"/>; null for no more often.</summary>
    public TimeSpan? WatchPeriod { get; init; }

    /// <summary>Gives the lease up when asked to stop, so that another can lead at once.</summary>
    public bool ReleaseOnStop { get; init; } = true;

    /// <summary>
    /// Work that takes longer than this to end after it was asked to may have left requests without an answer; the lease is then not
    /// given up but runs out.
    /// </summary>
    public TimeSpan ReleaseWithin { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Everything that is wrong with the options, each beginning with the option's name.</summary>
    public IEnumerable<string> Validate()
    {
        if (Identity.Length == 0)
        {
            yield return "identity: must not be empty";
        }

        if (LeaseDuration <= RenewDeadline)
        {
            yield return $"leaseDuration: {LeaseDuration} must be longer than renewDeadline, {RenewDeadline}";
        }

        if (RenewDeadline <= RetryPeriod * (1 + LeaderElector.JitterFactor))
        {
            yield return $"renewDeadline: {RenewDeadline} must be longer than retryPeriod with its jitter, {RetryPeriod * (1 + LeaderElector.JitterFactor)}";
        }

        if (RetryPeriod <= TimeSpan.Zero)
        {
            yield return $"retryPeriod: {RetryPeriod} must be greater than zero";
        }
    }
}
