using NodeAgent.Proxy.Iptables;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Sync;

/// <summary>Told by the proxiers, from their own loops; must not block.</summary>
internal interface ISyncObserver
{
    /// <summary>The kernel holds the rules for the model.</summary>
    /// <param name="triggerTimes">When the endpoint changes happened that are programmed now.</param>
    void Synced(IPFamily family, ServiceModel model, RuleBook rules, SyncResult result, TimeSpan took, IReadOnlyList<DateTimeOffset> triggerTimes);

    /// <summary>A partial write was refused; a full one follows.</summary>
    void PartialRefused(IPFamily family, IptablesException reason);

    /// <summary>A sync failed and will be tried again.</summary>
    void Failed(IPFamily family, Exception reason);
}
