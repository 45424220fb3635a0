using System.Collections.Concurrent;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Events;
using NodeAgent.Proxy.Iptables;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Sync;

/// <summary>Tells of trouble with the rules as events of the node: once when it begins, and when it is over.</summary>
internal sealed class SyncEvents(string nodeName, IEventRecorder events) : ISyncObserver
{
    private readonly ConcurrentDictionary<IPFamily, bool> _failing = new();

    public void Synced(IPFamily family, ServiceModel model, RuleBook rules, SyncResult result, TimeSpan took, IReadOnlyList<DateTimeOffset> triggerTimes)
    {
        if (_failing.TryRemove(family, out _))
        {
            events.Record(Node(nodeName), EventType.Normal, "ServiceRulesSynced", $"{family} service rules are up to date again", "SyncRules");
        }
    }

    public void PartialRefused(IPFamily family, IptablesException reason) =>
        events.Record(Node(nodeName), EventType.Warning, "PartialServiceRulesRefused", $"{family}: {reason.Message}; comparing all rules with the kernel's", "SyncRules");

    public void Failed(IPFamily family, Exception reason)
    {
        if (_failing.TryAdd(family, true))
        {
            events.Record(Node(nodeName), EventType.Warning, "FailedToSyncServiceRules", $"{family}: {reason.Message}", "SyncRules");
        }
    }

    /// <summary>The node as events refer to it, which is by its name in place of its UID.</summary>
    public static ObjectReference Node(string name) => new() { ApiVersion = "v1", Kind = "Node", Name = name, Uid = name };
}
