using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Proxy.Conntrack;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;
using NodeAgent.Proxy.Sync;

namespace NodeAgent.Proxy.Tests.Fakes;

/// <summary>One family's proxier on tables in memory.</summary>
internal sealed class SyncHarness : ISyncObserver
{
    public SyncHarness(TimeProvider time)
    {
        var cleaner = new FlowCleaner(new NoConntrack(), () => new HashSet<IPAddress>(), (_, _, _) => { }, time, NullLogger<FlowCleaner>.Instance);
        Proxier = new FamilyProxier(IPFamily.IPv4, Tracker, () => Settings, Iptables, cleaner, [this], time, NullLogger<FamilyProxier>.Instance);
    }

    public ServiceTracker Tracker { get; } = new();

    public FakeIptables Iptables { get; } = new();

    public RuleSettings Settings { get; set; } = new(IPFamily.IPv4, new NodeTopology(Model.Node, ""));

    public FamilyProxier Proxier { get; }

    public List<SyncResult> Results { get; } = [];

    public int Refused { get; private set; }

    /// <summary>The rules that a proxy which starts now would write.</summary>
    public string FreshRules(ServiceModel model)
    {
        var fresh = new FakeIptables();
        fresh.RestoreAsync(NodeAgent.Proxy.Iptables.RestoreText.Of(new RuleBook(Settings).Compare(model, KernelState.Empty)), default);
        return fresh.Save();
    }

    public void Synced(IPFamily family, ServiceModel model, RuleBook rules, SyncResult result, TimeSpan took, IReadOnlyList<DateTimeOffset> triggerTimes) => Results.Add(result);

    public void PartialRefused(IPFamily family, NodeAgent.Proxy.Iptables.IptablesException reason) => Refused++;

    public void Failed(IPFamily family, Exception reason)
    {
    }

    private sealed class NoConntrack : IConntrack
    {
        public IReadOnlyList<Flow> List(IPFamily family) => [];

        public int Delete(IPFamily family, IEnumerable<Flow> flows) => 0;
    }
}
