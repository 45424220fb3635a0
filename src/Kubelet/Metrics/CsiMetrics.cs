using NodeAgent.Hosting.Metrics;

namespace NodeAgent.Kubelet.Metrics;

/// <summary>csi_operations_seconds: the calls of CSI drivers.</summary>
internal sealed class CsiMetrics(MetricsRegistry registry)
{
    // Upstream's.
    private static readonly double[] Buckets = [.1, .25, .5, 1, 2.5, 5, 10, 15, 25, 50, 120, 300, 600];

    private readonly Histogram _calls = registry.CreateHistogram("csi_operations_seconds", "Container Storage Interface operation duration with gRPC error code status total", Buckets, "driver_name", "method_name", "grpc_status_code", "migrated");

    /// <param name="method">Such as <c>/csi.v1.Node/NodeStageVolume</c>.</param>
    /// <param name="code">gRPC's name of how it ended.</param>
    public void Called(string driver, string method, string code, TimeSpan took) => _calls.WithLabels(driver, method, code, "false").Observe(took.TotalSeconds);
}
