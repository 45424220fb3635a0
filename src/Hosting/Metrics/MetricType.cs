namespace NodeAgent.Hosting.Metrics;

/// <summary>What a family of series measures.</summary>
public enum MetricType
{
    Counter,
    Gauge,
    Histogram,
}
