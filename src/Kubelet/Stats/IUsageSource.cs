namespace NodeAgent.Kubelet.Stats;

/// <summary>Where the figures of a scrape come from.</summary>
internal interface IUsageSource
{
    /// <param name="detail">What is needed of it at least.</param>
    UsageSnapshot Collect(UsageDetail detail);
}
