namespace NodeAgent.Hosting.Metrics;

/// <summary>A family whose samples are asked for at each scrape.</summary>
internal sealed class CallbackCollector : Collector
{
    private readonly Action<SampleSink> _callback;

    public CallbackCollector(string name, string help, MetricType type, string[] labelNames, Action<SampleSink> callback)
        : base(name, help, type, labelNames)
    {
        if (type == MetricType.Histogram)
        {
            throw new ArgumentException($"metric {name}: a callback gives counters or gauges", nameof(type));
        }

        _callback = callback;
    }

    internal override void Write(ExpositionWriter writer)
    {
        var mark = writer.Length;
        try
        {
            _callback(new SampleSink(writer, this));
        }
        catch (Exception)
        {
            // One broken family must not cost the scrape: what it had written is taken back, and the loss is counted.
            writer.Truncate(mark);
            writer.CountFailure(Name);
        }
    }
}
