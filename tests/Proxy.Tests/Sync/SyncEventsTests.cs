using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Events;
using NodeAgent.Proxy.Iptables;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;
using NodeAgent.Proxy.Sync;

namespace NodeAgent.Proxy.Tests.Sync;

public class SyncEventsTests
{
    private static readonly IptablesException Reason = new("made to fail");
    private readonly Recorder _events = new();
    private readonly SyncEvents _observer;

    public SyncEventsTests() => _observer = new SyncEvents("node-1", _events);

    [Fact]
    public void PartialRefused_Always_WarnsOfTheNode()
    {
        _observer.PartialRefused(IPFamily.IPv4, Reason);

        var told = Assert.Single(_events.Told);
        Assert.Equal((EventType.Warning, "PartialServiceRulesRefused", "node-1"), (told.Type, told.Reason, told.Regarding));
        Assert.Contains("made to fail", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Failed_AgainAndAgainThenSynced_IsToldOnceAndSoIsTheEnd()
    {
        Synced();
        _observer.Failed(IPFamily.IPv4, Reason);
        _observer.Failed(IPFamily.IPv4, Reason);
        Synced();
        Synced();

        Assert.Equal(["FailedToSyncServiceRules", "ServiceRulesSynced"], _events.Told.Select(t => t.Reason));
    }

    private void Synced()
    {
        var book = new RuleBook(new RuleSettings(IPFamily.IPv4, new NodeTopology("node-1", "")));
        _observer.Synced(IPFamily.IPv4, ServiceModel.Empty, book, new SyncResult(true, false, 0, new Dictionary<Table, int>(), 0, 0), TimeSpan.Zero, []);
    }

    private sealed class Recorder : IEventRecorder
    {
        public List<(string Regarding, EventType Type, string Reason, string Message)> Told { get; } = [];

        public void Record(ObjectReference regarding, EventType type, string reason, string message, string? action = null, ObjectReference? related = null) =>
            Told.Add((regarding.Name, type, reason, message));
    }
}
