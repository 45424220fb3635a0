using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Proxy.Config;
using NodeAgent.Proxy.Iptables;
using NodeAgent.Proxy.Metrics;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;
using NodeAgent.Proxy.Sync;
using NodeAgent.Proxy.Tests.Fakes;
using NodeAgent.Testing;

namespace NodeAgent.Proxy.Tests.Metrics;

public class ProxyMetricsTests
{
    /// <summary>Everything that upstream's v1.36 registers in iptables mode.</summary>
    private static readonly string[] Upstreams =
    [
        "kubeproxy_conntrack_reconciler_deleted_entries_total",
        "kubeproxy_conntrack_reconciler_sync_duration_seconds",
        "kubeproxy_iptables_ct_state_invalid_dropped_packets_total",
        "kubeproxy_iptables_localhost_nodeports_accepted_packets_total",
        "kubeproxy_network_programming_duration_seconds",
        "kubeproxy_proxy_healthz_total",
        "kubeproxy_proxy_livez_total",
        "kubeproxy_sync_full_proxy_rules_duration_seconds",
        "kubeproxy_sync_partial_proxy_rules_duration_seconds",
        "kubeproxy_sync_proxy_rules_duration_seconds",
        "kubeproxy_sync_proxy_rules_endpoint_changes_pending",
        "kubeproxy_sync_proxy_rules_endpoint_changes_total",
        "kubeproxy_sync_proxy_rules_iptables_last",
        "kubeproxy_sync_proxy_rules_iptables_partial_restore_failures_total",
        "kubeproxy_sync_proxy_rules_iptables_restore_failures_total",
        "kubeproxy_sync_proxy_rules_iptables_total",
        "kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds",
        "kubeproxy_sync_proxy_rules_last_timestamp_seconds",
        "kubeproxy_sync_proxy_rules_no_local_endpoints_total",
        "kubeproxy_sync_proxy_rules_service_changes_pending",
        "kubeproxy_sync_proxy_rules_service_changes_total",
    ];

    private readonly FakeTimeProvider _time = new();
    private readonly MetricsRegistry _registry = new();

    [Fact]
    public void Names_AfterSyncsOfEachKind_AreAllOfUpstreams()
    {
        var metrics = new ProxyMetrics(_registry, new Sysctls(), _time);
        var trackers = new Dictionary<IPFamily, ServiceTracker> { [IPFamily.IPv4] = new() };
        metrics.Follow(new ModelFeed(trackers, new EndpointSliceReader(Model.Node), _ => { }, _time.GetUtcNow()), trackers.Values);
        new ServiceTraffic([], _ => ServiceModel.Empty, 10, _time, NullLogger<ServiceTraffic>.Instance).Register(_registry);
        metrics.Queued(IPFamily.IPv4);
        Synced(metrics, full: true);
        Synced(metrics, full: false);
        metrics.PartialRefused(IPFamily.IPv4, new IptablesException("made to fail"));
        metrics.FlowsCleaned(IPFamily.IPv4, 1, TimeSpan.Zero);
        metrics.HealthAnswered("/livez", 200);
        metrics.HealthAnswered("/healthz", 200);

        var text = Text();

        Assert.Equal([], Upstreams.Where(n => !text.Contains($"\n{n}", StringComparison.Ordinal)));
    }

    [Fact]
    public void PartialRefusedAndFailed_Each_CountsARestoreFailure()
    {
        var metrics = new ProxyMetrics(_registry, new Sysctls(), _time);

        metrics.PartialRefused(IPFamily.IPv4, new IptablesException("made to fail"));
        metrics.Failed(IPFamily.IPv4, new IptablesException("made to fail"));

        Assert.Contains("kubeproxy_sync_proxy_rules_iptables_partial_restore_failures_total{ip_family=\"IPv4\"} 1\n", Text(), StringComparison.Ordinal);
        Assert.Contains("kubeproxy_sync_proxy_rules_iptables_restore_failures_total{ip_family=\"IPv4\"} 2\n", Text(), StringComparison.Ordinal);
    }

    private void Synced(ProxyMetrics metrics, bool full) =>
        metrics.Synced(IPFamily.IPv4, ServiceModel.Empty, new RuleBook(new RuleSettings(IPFamily.IPv4, new NodeTopology(Model.Node, ""))), new SyncResult(full, false, 0, new Dictionary<Table, int>(), 0, 0), TimeSpan.FromMilliseconds(3), [_time.GetUtcNow()]);

    private string Text() => System.Text.Encoding.UTF8.GetString(_registry.Expose().Span);
}
