namespace NodeAgent.Hosting.Metrics;

/// <summary>The text form in which a scrape is answered.</summary>
public enum ExpositionFormat
{
    /// <summary>Prometheus text format 0.0.4.</summary>
    PrometheusText,

    /// <summary>OpenMetrics 1.0.0.</summary>
    OpenMetrics,
}
