using NodeAgent.Hosting.Metrics;

namespace NodeAgent.Kubelet.DynamicResources;

/// <summary>Claims that are prepared and given back.</summary>
internal sealed class ClaimMetrics
{
    /// <summary>Fifteen from 0.1 s to 40 s, each so many times the one before.</summary>
    private static readonly double[] Buckets = [.. Enumerable.Range(0, 15).Select(i => 0.1 * Math.Pow(40 / 0.1, i / 14.0))];

    private readonly Histogram _operations;
    private readonly Histogram _calls;

    /// <param name="inUse">The claims in use, by driver.</param>
    public ClaimMetrics(MetricsRegistry registry, Func<IReadOnlyCollection<PreparedClaim>> inUse)
    {
        _operations = registry.CreateHistogram("dra_operations_duration_seconds", "Latency histogram in seconds for the duration of handling all ResourceClaims referenced by a pod when the pod starts or stops. Identified by the name of the operation (PrepareResources or UnprepareResources) and separated by the success of the operation. The number of failed operations is provided through the histogram's overall count.", Buckets, "operation_name", "is_error");
        _calls = registry.CreateHistogram("dra_grpc_operations_duration_seconds", "Duration in seconds of the DRA gRPC operations", Buckets, "driver_name", "method_name", "grpc_status_code");
        registry.CreateCallback("dra_resource_claims_in_use", "The number of ResourceClaims that are currently in use on the node, by driver name (driver_name label value) and across all drivers (special value <any> for driver_name). Note that the sum of all by-driver counts is not the total number of in-use ResourceClaims because the same ResourceClaim might use devices from different drivers. Instead, use the count for the <any> driver_name.", MetricType.Gauge, ["driver_name"], sink =>
        {
            var claims = inUse();
            sink.Add(claims.Count, "<any>");
            foreach (var driver in claims.SelectMany(c => c.Drivers.Keys).GroupBy(d => d))
            {
                sink.Add(driver.Count(), driver.Key);
            }
        });
    }

    public void Done(string operation, bool failed, TimeSpan took) => _operations.WithLabels(operation, failed ? "true" : "false").Observe(took.TotalSeconds);

    public void Called(string driver, string method, string code, TimeSpan took) => _calls.WithLabels(driver, method, code).Observe(took.TotalSeconds);
}
