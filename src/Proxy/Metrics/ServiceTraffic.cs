using Microsoft.Extensions.Logging;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Proxy.Iptables;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Metrics;

/// <summary>
/// Connections of each Service and packets that were refused, out of the counters that the kernel keeps with the rules. They
/// are read when somebody scrapes, and at most every ten seconds, because with many rules that takes part of a second.
/// </summary>
/// <param name="maxSeries">
/// How many Service ports have a series of their own: the first that had a connection. All others are counted together, under
/// empty names. 0 for no counters at all.
/// </param>
internal sealed partial class ServiceTraffic(IReadOnlyList<IRuleDump> tables, Func<IPFamily, ServiceModel> model, int maxSeries, TimeProvider time, ILogger<ServiceTraffic> logger)
{
    private const string Others = "";
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Dictionary<IPFamily, Family> _families = tables.ToDictionary(t => t.Family, _ => new Family());
    private long? _read;

    public void Register(MetricsRegistry registry)
    {
        if (maxSeries == 0)
        {
            return;
        }

        registry.CreateCallback("kubeproxy_service_connections_total", "New connections to a Service port that came through this node's rules; those of ports beyond the bound on series together, under empty names", MetricType.Counter, ["namespace", "service", "port", "ip_family"], AddConnections);
        Register(registry, "kubeproxy_no_endpoints_rejected_packets_total", "Packets refused because their Service has no endpoints", f => f.Rejected);
        Register(registry, "kubeproxy_no_local_endpoints_dropped_packets_total", "Packets dropped because a Local policy leaves their Service without endpoints here", f => f.Dropped);
        registry.CreateCounterCallback("kubeproxy_iptables_ct_state_invalid_dropped_packets_total", "packets dropped by iptables to work around conntrack problems", () => Locked(() => _families.Values.Sum(f => f.Invalid)));
        registry.CreateCounterCallback("kubeproxy_iptables_localhost_nodeports_accepted_packets_total", "Number of packets accepted on nodeports of loopback interface", () => Locked(() => _families.Values.Sum(f => f.LocalhostNodePorts)));
    }

    /// <summary>Reads the counters unless that was done just now. A failure is logged, and the counts stay as they were.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (maxSeries == 0)
        {
            return;
        }

        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_read is { } read && time.GetElapsedTime(read) < Fresh)
            {
                return;
            }

            foreach (var table in tables)
            {
                await RefreshAsync(table, cancellationToken);
            }

            _read = time.GetTimestamp();
        }
        catch (IptablesException e)
        {
            LogFailed(e.Message);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task RefreshAsync(IRuleDump tool, CancellationToken cancellationToken)
    {
        var counters = new RuleCounters();
        foreach (var table in new[] { Table.Filter, Table.Nat })
        {
            await tool.SaveAsync(table, counters: true, line => counters.Add(table, line), cancellationToken);
        }

        var names = model(tool.Family).Ports.Select(p => p.Port.Name).ToDictionary(n => n.ToString(), n => n, StringComparer.Ordinal);
        lock (_families)
        {
            _families[tool.Family].Read(counters, names, maxSeries);
        }
    }

    private void AddConnections(SampleSink sink) => Locked(() =>
    {
        foreach (var (family, counts) in _families)
        {
            var others = 0L;
            foreach (var (key, total) in counts.Connections.Totals)
            {
                if (counts.Named.TryGetValue(key, out var name))
                {
                    sink.Add(total, name.Service.Namespace, name.Service.Name, name.Port, family.ToString());
                }
                else
                {
                    others += total;
                }
            }

            sink.Add(others + counts.Retired, Others, Others, Others, family.ToString());
        }

        return 0;
    });

    private void Register(MetricsRegistry registry, string name, string help, Func<Family, long> value) =>
        registry.CreateCallback(name, help, MetricType.Counter, ["ip_family"], sink => Locked(() =>
        {
            foreach (var (family, counts) in _families)
            {
                sink.Add(value(counts), family.ToString());
            }

            return 0;
        }));

    private T Locked<T>(Func<T> read)
    {
        lock (_families)
        {
            return read();
        }
    }

    [LoggerMessage(90, LogLevel.Warning, "Cannot read the rules' counters: {Reason}; the metrics of Services stay as they were")]
    private partial void LogFailed(string reason);

    private sealed class Family
    {
        private const string RejectedKey = "rejected";
        private const string DroppedKey = "dropped";
        private const string InvalidKey = "invalid";
        private const string LocalhostKey = "localhost";
        private readonly MonotonicCounts _totals = new();
        private readonly HashSet<string> _others = new(StringComparer.Ordinal);

        public MonotonicCounts Connections { get; } = new();

        /// <summary>The ports with a series of their own.</summary>
        public Dictionary<string, ServicePortName> Named { get; } = new(StringComparer.Ordinal);

        /// <summary>Connections of ports that had no series and are gone.</summary>
        public long Retired { get; private set; }

        public long Rejected => Total(RejectedKey);

        public long Dropped => Total(DroppedKey);

        public long Invalid => Total(InvalidKey);

        public long LocalhostNodePorts => Total(LocalhostKey);

        public void Read(RuleCounters counters, Dictionary<string, ServicePortName> names, int maxSeries)
        {
            _totals.Read(RejectedKey, counters.Rejected);
            _totals.Read(DroppedKey, counters.Dropped);
            _totals.Read(InvalidKey, counters.Invalid);
            _totals.Read(LocalhostKey, counters.LocalhostNodePorts);
            foreach (var (key, packets) in counters.Connections)
            {
                Connections.Read(key, packets);
            }

            Connections.Missing(counters.Connections.ContainsKey);
            foreach (var (key, total) in Connections.Totals.Where(t => !names.ContainsKey(t.Key)).ToList())
            {
                Retired += Named.Remove(key) ? 0 : total;
                _others.Remove(key);
                Connections.Remove(key);
            }

            // What was once counted with the others stays there: their sum must not shrink.
            foreach (var (key, _) in Connections.Totals.Where(t => !Named.ContainsKey(t.Key) && !_others.Contains(t.Key)).ToList())
            {
                if (Named.Count < maxSeries)
                {
                    Named.Add(key, names[key]);
                }
                else
                {
                    _others.Add(key);
                }
            }
        }

        private long Total(string key) => _totals.Totals.FirstOrDefault(t => t.Key == key).Value;
    }
}
