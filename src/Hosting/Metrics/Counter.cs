namespace NodeAgent.Hosting.Metrics;

/// <summary>Counts what happened; only grows.</summary>
public sealed class Counter : LabelledCollector<CounterSeries>
{
    internal Counter(string name, string help, string[] labelNames)
        : base(name, help, MetricType.Counter, labelNames)
    {
    }

    public double Value => Unlabelled.Value;

    public void Inc(double amount = 1) => Unlabelled.Inc(amount);

    private protected override CounterSeries NewSeries() => new();

    private protected override void WriteSeries(ExpositionWriter writer, string[] labelValues, CounterSeries series) =>
        writer.WriteSample(this, labelValues, series.Value);
}
