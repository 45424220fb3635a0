using System.Collections.Concurrent;

namespace NodeAgent.Hosting.Metrics;

/// <summary>A family whose series are made on first use and live until they are removed.</summary>
/// <remarks>Safe for concurrent use. Finding a known series allocates nothing. A family without labels has its one series from the start.</remarks>
public abstract class LabelledCollector<TSeries> : Collector
    where TSeries : class
{
    private readonly ConcurrentDictionary<string[], TSeries> _series = new(LabelValuesComparer.Instance);
    private readonly ConcurrentDictionary<string[], TSeries>.AlternateLookup<ReadOnlySpan<string>> _lookup;
    private readonly TSeries? _unlabelled;

    private protected LabelledCollector(string name, string help, MetricType type, string[] labelNames)
        : base(name, help, type, labelNames)
    {
        _lookup = _series.GetAlternateLookup<ReadOnlySpan<string>>();
        if (labelNames.Length == 0)
        {
            _unlabelled = _series[[]] = NewSeries();
        }
    }

    /// <summary>The series of a family without labels.</summary>
    internal TSeries Unlabelled => _unlabelled
        ?? throw new InvalidOperationException($"metric {Name} has labels ({string.Join(", ", LabelNames)}); name a series with WithLabels");

    public int SeriesCount => _series.Count;

    /// <summary>The series with these label values, in the order of the label names.</summary>
    public TSeries WithLabels(params ReadOnlySpan<string> values)
    {
        if (_lookup.TryGetValue(values, out var series))
        {
            return series;
        }

        if (values.Length != LabelNameArray.Length)
        {
            throw new ArgumentException($"metric {Name} has {LabelNameArray.Length} labels, {values.Length} values were given", nameof(values));
        }

        foreach (var value in values)
        {
            ArgumentNullException.ThrowIfNull(value, nameof(values));
        }

        return _series.GetOrAdd(values.ToArray(), static (_, self) => self.NewSeries(), this);
    }

    /// <summary>Takes the series out of the exposition; true when there was one.</summary>
    public bool RemoveLabelled(params ReadOnlySpan<string> values) => LabelNameArray.Length > 0 && _lookup.TryRemove(values, out _, out _);

    /// <summary>Takes out every series whose label values match, such as all of one pod.</summary>
    public int RemoveWhere(Func<IReadOnlyList<string>, bool> match)
    {
        var removed = 0;
        foreach (var (values, _) in _series)
        {
            if (values.Length > 0 && match(values) && _series.TryRemove(values, out _))
            {
                removed++;
            }
        }

        return removed;
    }

    private protected abstract TSeries NewSeries();

    private protected abstract void WriteSeries(ExpositionWriter writer, string[] labelValues, TSeries series);

    internal override void Write(ExpositionWriter writer)
    {
        var header = false;
        foreach (var (values, series) in _series)
        {
            if (!header)
            {
                writer.WriteHeader(this);
                header = true;
            }

            WriteSeries(writer, values, series);
        }
    }
}
