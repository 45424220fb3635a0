using NodeAgent.Proxy.Iptables;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;
using NodeAgent.Proxy.Sync;

namespace NodeAgent.Proxy.Metrics;

/// <summary>The place of the proxy's metrics until Hosting's registry is there.</summary>
internal sealed class ProxyMetrics : ISyncObserver
{
    public void Follow(ModelFeed feed, IReadOnlyCollection<ServiceTracker> trackers)
    {
    }

    public void Queued(IPFamily family)
    {
    }

    public void Synced(IPFamily family, ServiceModel model, RuleBook rules, SyncResult result, TimeSpan took, IReadOnlyList<DateTimeOffset> triggerTimes)
    {
    }

    public void PartialRefused(IPFamily family, IptablesException reason)
    {
    }

    public void Failed(IPFamily family, Exception reason)
    {
    }

    public void FlowsCleaned(IPFamily family, int deleted, TimeSpan took)
    {
    }

    public void HealthAnswered(string path, int code)
    {
    }
}
