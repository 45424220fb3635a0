namespace NodeAgent.Hosting.Metrics;

/// <summary>One family of series: a name, a type, label names.</summary>
public abstract class Collector
{
    private readonly string[] _labelNames;

    private protected Collector(string name, string help, MetricType type, string[] labelNames)
    {
        MetricNames.Check(name, labelNames, type);
        Name = name;
        Help = help;
        Type = type;
        _labelNames = [.. labelNames];
    }

    public string Name { get; }

    public string Help { get; }

    public MetricType Type { get; }

    public IReadOnlyList<string> LabelNames => _labelNames;

    internal string[] LabelNameArray => _labelNames;

    internal abstract void Write(ExpositionWriter writer);
}
