using NodeAgent.Hosting.Metrics;

namespace NodeAgent.Hosting.Server;

/// <summary>/metrics/slis: what health checks came to each time that somebody asked, under the names that all of Kubernetes' components have.</summary>
public sealed class HealthMetrics
{
    private readonly Gauge _last;
    private readonly Counter _all;

    public HealthMetrics()
    {
        _last = Registry.CreateGauge("kubernetes_healthcheck", "This metric records the result of a single healthcheck.", "name", "type");
        _all = Registry.CreateCounter("kubernetes_healthchecks_total", "This metric records the results of all healthcheck.", "name", "type", "status");
        ProcessMetrics.Register(Registry);
    }

    public MetricsRegistry Registry { get; } = new();

    /// <summary>The same check, whose every result is counted.</summary>
    /// <param name="check">What is asked.</param>
    /// <param name="type">The endpoint that asks: healthz, livez or readyz.</param>
    public HealthCheck Counted(HealthCheck check, string type) => check with
    {
        Check = () =>
        {
            var isWell = false;
            try
            {
                var problem = check.Check();
                isWell = problem is null;
                return problem;
            }
            finally
            {
                _last.WithLabels(check.Name, type).Set(isWell ? 1 : 0);
                _all.WithLabels(check.Name, type, isWell ? "success" : "error").Inc();
            }
        },
    };

    /// <summary>Forgets all results.</summary>
    public void Reset()
    {
        _last.RemoveWhere(_ => true);
        _all.RemoveWhere(_ => true);
    }
}
