namespace NodeAgent.Hosting.Metrics;

/// <summary>A value that goes up and down.</summary>
public sealed class Gauge : LabelledCollector<GaugeSeries>
{
    internal Gauge(string name, string help, string[] labelNames)
        : base(name, help, MetricType.Gauge, labelNames)
    {
    }

    public double Value => Unlabelled.Value;

    public void Set(double value) => Unlabelled.Set(value);

    public void Inc(double amount = 1) => Unlabelled.Inc(amount);

    public void Dec(double amount = 1) => Unlabelled.Inc(-amount);

    private protected override GaugeSeries NewSeries() => new();

    private protected override void WriteSeries(ExpositionWriter writer, string[] labelValues, GaugeSeries series) =>
        writer.WriteSample(this, labelValues, series.Value);
}
