namespace NodeAgent.Hosting.Metrics;

/// <summary>Where a callback puts the samples of its family during one scrape.</summary>
public sealed class SampleSink
{
    private readonly ExpositionWriter _writer;
    private readonly Collector _family;
    private bool _header;

    internal SampleSink(ExpositionWriter writer, Collector family)
    {
        _writer = writer;
        _family = family;
    }

    public void Add(double value, params ReadOnlySpan<string> labelValues) => Add(value, null, labelValues);

    /// <param name="timestamp">When the value was measured; null for the time of the scrape.</param>
    public void Add(double value, DateTimeOffset? timestamp, params ReadOnlySpan<string> labelValues)
    {
        if (labelValues.Length != _family.LabelNameArray.Length)
        {
            throw new ArgumentException($"metric {_family.Name} has {_family.LabelNameArray.Length} labels, {labelValues.Length} values were given", nameof(labelValues));
        }

        if (!_header)
        {
            _writer.WriteHeader(_family);
            _header = true;
        }

        _writer.WriteSample(_family, labelValues, value, timestamp);
    }
}
