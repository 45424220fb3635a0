namespace NodeAgent.Hosting.Metrics;

/// <summary>Counts observations in buckets.</summary>
public sealed class Histogram : LabelledCollector<HistogramSeries>
{
    private readonly double[] _bounds;

    // The base class asks for the unlabelled series before this constructor's body runs; NewSeries reads the bounds late.
    internal Histogram(string name, string help, double[] buckets, string[] labelNames)
        : base(name, help, MetricType.Histogram, labelNames)
    {
        _bounds = CheckedBounds(name, buckets);
        BucketTexts = [.. _bounds.Select(static b => ExpositionWriter.BoundText(b))];
    }

    public IReadOnlyList<double> Buckets => _bounds;

    public long Count => Unlabelled.Count;

    public double Sum => Unlabelled.Sum;

    /// <summary>Each bound as the two formats write it: (text format, OpenMetrics).</summary>
    internal (string Text, string OpenMetrics)[] BucketTexts { get; }

    internal double[] Bounds => _bounds;

    public void Observe(double value) => Unlabelled.Observe(value);

    /// <summary>Observes, in seconds, how long it takes until the result is disposed.</summary>
    public HistogramTimer NewTimer(TimeProvider time) => Unlabelled.NewTimer(time);

    private protected override HistogramSeries NewSeries() => new(this);

    private protected override void WriteSeries(ExpositionWriter writer, string[] labelValues, HistogramSeries series) =>
        writer.WriteHistogram(this, labelValues, series);

    private static double[] CheckedBounds(string name, double[] buckets)
    {
        var bounds = buckets.Length > 0 && double.IsPositiveInfinity(buckets[^1]) ? buckets[..^1] : [.. buckets];
        if (bounds.Length == 0)
        {
            throw new ArgumentException($"histogram {name} has no buckets", nameof(buckets));
        }

        for (var i = 0; i < bounds.Length; i++)
        {
            if (!double.IsFinite(bounds[i]) || (i > 0 && bounds[i] <= bounds[i - 1]))
            {
                throw new ArgumentException($"the bucket bounds of histogram {name} must be finite and ascending", nameof(buckets));
            }
        }

        return bounds;
    }
}
