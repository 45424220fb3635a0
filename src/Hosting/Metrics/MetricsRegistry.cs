namespace NodeAgent.Hosting.Metrics;

/// <summary>
/// The families of one process, or of one test. In the shape of prometheus-net: create a family once, keep it in a field,
/// count on it. Asking for a family again with the same type and labels gives the one that exists.
/// </summary>
/// <remarks>Safe for concurrent use. Families are written in the order of their names.</remarks>
public sealed class MetricsRegistry
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, Collector> _families = new(StringComparer.Ordinal);
    private readonly Counter _scrapeFailures;

    public MetricsRegistry()
    {
        _scrapeFailures = CreateCounter("nodeagent_metrics_callback_failures_total", "Scrapes in which the values of a metric could not be had, by metric.", "metric");
    }

    /// <summary>All families, with and without series, in the order of their names.</summary>
    public IReadOnlyList<Collector> Families
    {
        get
        {
            lock (_lock)
            {
                return [.. _families.Values];
            }
        }
    }

    /// <summary>The registry of the process; only composition roots name it.</summary>
    public static MetricsRegistry Default { get; } = new();

    public Counter CreateCounter(string name, string help, params string[] labelNames) =>
        Add(name, MetricType.Counter, labelNames, () => new Counter(name, help, labelNames));

    public Gauge CreateGauge(string name, string help, params string[] labelNames) =>
        Add(name, MetricType.Gauge, labelNames, () => new Gauge(name, help, labelNames));

    public Histogram CreateHistogram(string name, string help, params string[] labelNames) =>
        CreateHistogram(name, help, HistogramBuckets.Default, labelNames);

    public Histogram CreateHistogram(string name, string help, double[] buckets, params string[] labelNames) =>
        Add(name, MetricType.Histogram, labelNames, () => new Histogram(name, help, buckets, labelNames));

    /// <summary>A gauge without labels whose value is asked for at each scrape.</summary>
    public void CreateGaugeCallback(string name, string help, Func<double> value) =>
        CreateCallback(name, help, MetricType.Gauge, [], sink => sink.Add(value()));

    /// <summary>A counter without labels whose value is asked for at each scrape.</summary>
    public void CreateCounterCallback(string name, string help, Func<double> value) =>
        CreateCallback(name, help, MetricType.Counter, [], sink => sink.Add(value()));

    /// <summary>
    /// A family whose samples are asked for at each scrape. The callback runs on the scraping thread and must be quick;
    /// when it throws, the family is missing from that scrape and the failure is counted.
    /// </summary>
    public void CreateCallback(string name, string help, MetricType type, string[] labelNames, Action<SampleSink> samples)
    {
        var family = new CallbackCollector(name, help, type, labelNames, samples);
        lock (_lock)
        {
            if (!_families.TryAdd(name, family))
            {
                throw new InvalidOperationException($"metric {name} is registered already");
            }
        }
    }

    /// <summary>Takes a whole family out.</summary>
    public bool Remove(string name)
    {
        lock (_lock)
        {
            return _families.Remove(name);
        }
    }

    /// <summary>The whole registry as one scrape answers it, in UTF-8.</summary>
    public ReadOnlyMemory<byte> Expose(ExpositionFormat format = ExpositionFormat.PrometheusText)
    {
        var writer = new ExpositionWriter(format);
        foreach (var family in Families)
        {
            family.Write(writer);
        }

        foreach (var failed in writer.Failures)
        {
            _scrapeFailures.WithLabels(failed).Inc();
        }

        writer.WriteEnd();
        return writer.Written;
    }

    private T Add<T>(string name, MetricType type, string[] labelNames, Func<T> create)
        where T : Collector
    {
        lock (_lock)
        {
            if (!_families.TryGetValue(name, out var known))
            {
                var fresh = create();
                _families.Add(name, fresh);
                return fresh;
            }

            if (known is T same && known.LabelNames.SequenceEqual(labelNames))
            {
                return same;
            }

            throw new InvalidOperationException($"metric {name} is registered already, as another {(known.Type == type ? "set of labels" : "type")}");
        }
    }
}
