namespace NodeAgent.Kubelet.Stats;

/// <summary>Where the figures of a scrape come from.</summary>
internal interface IUsageSource
{
    UsageSnapshot Collect();
}
