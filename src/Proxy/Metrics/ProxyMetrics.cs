using NodeAgent.Hosting.Metrics;
using NodeAgent.Proxy.Config;
using NodeAgent.Proxy.Conntrack;
using NodeAgent.Proxy.Iptables;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;
using NodeAgent.Proxy.Sync;

namespace NodeAgent.Proxy.Metrics;

/// <summary>The proxy's metrics, under upstream's names.</summary>
internal sealed class ProxyMetrics : ISyncObserver
{
    private const string FamilyLabel = "ip_family";
    private readonly TimeProvider _time;
    private readonly MetricsRegistry _registry;
    private readonly Histogram _sync;
    private readonly Histogram _syncFull;
    private readonly Histogram _syncPartial;
    private readonly Histogram _programming;
    private readonly Gauge _lastSync;
    private readonly Gauge _lastQueued;
    private readonly Gauge _rules;
    private readonly Gauge _rulesLast;
    private readonly Gauge _noLocal;
    private readonly Counter _restoreFailures;
    private readonly Counter _partialFailures;
    private readonly Counter _healthz;
    private readonly Counter _livez;
    private readonly Histogram _flowCleaning;
    private readonly Counter _flowsDeleted;

    public ProxyMetrics(MetricsRegistry registry, Sysctls sysctls, TimeProvider time)
    {
        (_registry, _time) = (registry, time);
        var sync = HistogramBuckets.Exponential(0.001, 2, 15);
        _sync = registry.CreateHistogram("kubeproxy_sync_proxy_rules_duration_seconds", "SyncProxyRules latency in seconds", sync, FamilyLabel);
        _syncFull = registry.CreateHistogram("kubeproxy_sync_full_proxy_rules_duration_seconds", "SyncProxyRules latency in seconds for full resyncs", sync, FamilyLabel);
        _syncPartial = registry.CreateHistogram("kubeproxy_sync_partial_proxy_rules_duration_seconds", "SyncProxyRules latency in seconds for partial resyncs", sync, FamilyLabel);
        double[] programming = [0.25, 0.5, .. HistogramBuckets.Linear(1, 1, 59), .. HistogramBuckets.Linear(60, 5, 12), .. HistogramBuckets.Linear(120, 30, 7)];
        _programming = registry.CreateHistogram("kubeproxy_network_programming_duration_seconds", "In Cluster Network Programming Latency in seconds", programming, FamilyLabel);
        _lastSync = registry.CreateGauge("kubeproxy_sync_proxy_rules_last_timestamp_seconds", "The last time proxy rules were successfully synced", FamilyLabel);
        _lastQueued = registry.CreateGauge("kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds", "The last time a sync of proxy rules was queued", FamilyLabel);
        _rules = registry.CreateGauge("kubeproxy_sync_proxy_rules_iptables_total", "Total number of iptables rules owned by kube-proxy", "table", FamilyLabel);
        _rulesLast = registry.CreateGauge("kubeproxy_sync_proxy_rules_iptables_last", "Number of iptables rules written by kube-proxy in last sync", "table", FamilyLabel);
        _noLocal = registry.CreateGauge("kubeproxy_sync_proxy_rules_no_local_endpoints_total", "Number of services with a Local traffic policy and no endpoints", "traffic_policy", FamilyLabel);
        _restoreFailures = registry.CreateCounter("kubeproxy_sync_proxy_rules_iptables_restore_failures_total", "Cumulative proxy iptables restore failures", FamilyLabel);
        _partialFailures = registry.CreateCounter("kubeproxy_sync_proxy_rules_iptables_partial_restore_failures_total", "Cumulative proxy iptables partial restore failures", FamilyLabel);
        _healthz = registry.CreateCounter("kubeproxy_proxy_healthz_total", "Cumulative proxy healthz HTTP status", "code");
        _livez = registry.CreateCounter("kubeproxy_proxy_livez_total", "Cumulative proxy livez HTTP status", "code");
        _flowCleaning = registry.CreateHistogram("kubeproxy_conntrack_reconciler_sync_duration_seconds", "ReconcileConntrackFlowsLatency latency in seconds", sync, FamilyLabel);
        _flowsDeleted = registry.CreateCounter("kubeproxy_conntrack_reconciler_deleted_entries_total", "Cumulative conntrack flows deleted by conntrack reconciler", FamilyLabel);
        registry.CreateGaugeCallback("kubeproxy_conntrack_entries", "Connections in the kernel's table", () => sysctls.Get(ConntrackSysctls.Count) ?? 0);
        registry.CreateGaugeCallback("kubeproxy_conntrack_entries_limit", "Connections that the kernel's table can hold", () => sysctls.Get(ConntrackSysctls.Max) ?? 0);
    }

    /// <summary>Exports the changes that come from the API.</summary>
    public void Follow(ModelFeed feed, IReadOnlyCollection<ServiceTracker> trackers)
    {
        _registry.CreateCounterCallback("kubeproxy_sync_proxy_rules_service_changes_total", "Cumulative proxy rules Service changes", () => feed.ServiceChanges);
        _registry.CreateCounterCallback("kubeproxy_sync_proxy_rules_endpoint_changes_total", "Cumulative proxy rules Endpoint changes", () => feed.EndpointChanges);
        _registry.CreateGaugeCallback("kubeproxy_sync_proxy_rules_service_changes_pending", "Pending proxy rules Service changes", () => trackers.Sum(t => t.PendingServiceChanges));
        _registry.CreateGaugeCallback("kubeproxy_sync_proxy_rules_endpoint_changes_pending", "Pending proxy rules Endpoint changes", () => trackers.Sum(t => t.PendingEndpointChanges));
    }

    public void Queued(IPFamily family) => _lastQueued.WithLabels(family.ToString()).Set(Now());

    public void Synced(IPFamily family, ServiceModel model, RuleBook rules, SyncResult result, TimeSpan took, IReadOnlyList<DateTimeOffset> triggerTimes)
    {
        var name = family.ToString();
        _sync.WithLabels(name).Observe(took.TotalSeconds);
        (result.Full ? _syncFull : _syncPartial).WithLabels(name).Observe(took.TotalSeconds);
        _lastSync.WithLabels(name).Set(Now());
        foreach (var table in new[] { Table.Filter, Table.Nat })
        {
            _rules.WithLabels(table.Text(), name).Set(rules.RuleCount(table));
            _rulesLast.WithLabels(table.Text(), name).Set(result.RulesWritten.GetValueOrDefault(table));
        }

        _noLocal.WithLabels("internal", name).Set(rules.PortsWithoutLocalInternal);
        _noLocal.WithLabels("external", name).Set(rules.PortsWithoutLocalExternal);
        var now = _time.GetUtcNow();
        foreach (var trigger in triggerTimes)
        {
            _programming.WithLabels(name).Observe((now - trigger).TotalSeconds);
        }
    }

    public void PartialRefused(IPFamily family, IptablesException reason)
    {
        _partialFailures.WithLabels(family.ToString()).Inc();
        _restoreFailures.WithLabels(family.ToString()).Inc();
    }

    public void Failed(IPFamily family, Exception reason) => _restoreFailures.WithLabels(family.ToString()).Inc();

    public void FlowsCleaned(IPFamily family, int deleted, TimeSpan took)
    {
        _flowCleaning.WithLabels(family.ToString()).Observe(took.TotalSeconds);
        _flowsDeleted.WithLabels(family.ToString()).Inc(deleted);
    }

    /// <summary>A health endpoint answered.</summary>
    public void HealthAnswered(string path, int code) =>
        (path == "/livez" ? _livez : _healthz).WithLabels(code.ToString(System.Globalization.CultureInfo.InvariantCulture)).Inc();

    private double Now() => _time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
}
