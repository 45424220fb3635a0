using NodeAgent.Hosting.Metrics;

namespace NodeAgent.Kubelet.Topology;

/// <summary>Pods whose resources had to lie together, and how that went.</summary>
internal sealed class TopologyMetrics
{
    private const string NumaNode = "numa_node";
    private static readonly double[] MillisecondBuckets = [.. Enumerable.Range(0, 15).Select(i => 0.05 * Math.Pow(2, i))];

    private readonly Counter _requests;
    private readonly Counter _errors;
    private readonly Histogram _durations;
    private readonly Counter _aligned;
    private readonly Counter _notAligned;

    public TopologyMetrics(MetricsRegistry registry)
    {
        _requests = registry.CreateCounter("kubelet_topology_manager_admission_requests_total", "The number of admission requests where resources have to be aligned.");
        _errors = registry.CreateCounter("kubelet_topology_manager_admission_errors_total", "The number of admission request failures where resources could not be aligned.");
        _durations = registry.CreateHistogram("kubelet_topology_manager_admission_duration_ms", "Duration in milliseconds to serve a pod admission request.", MillisecondBuckets);
        _aligned = registry.CreateCounter("kubelet_container_aligned_compute_resources_count", "Cumulative number of aligned compute resources allocated to containers by alignment type.", "scope", "boundary");
        _notAligned = registry.CreateCounter("kubelet_container_aligned_compute_resources_failure_count", "Cumulative number of failures to allocate aligned compute resources to containers by alignment type.", "scope", "boundary");
    }

    /// <summary>Counted for every pod, whatever the policy, as upstream does.</summary>
    public void Admitted(TimeSpan took)
    {
        _requests.Inc();
        _durations.Observe(took.TotalMilliseconds);
    }

    public void Refused(TopologyPolicy? policy)
    {
        if (policy is not null)
        {
            _errors.Inc();
        }
    }

    public void Aligned(TopologyPolicy policy) => Count(_aligned, policy);

    public void NotAligned(TopologyPolicy policy) => Count(_notAligned, policy);

    /// <summary>Only that policy promises anything.</summary>
    private static void Count(Counter counter, TopologyPolicy policy)
    {
        if (policy.Kind == TopologyPolicyKind.SingleNumaNode)
        {
            counter.WithLabels(policy.Scope == TopologyScope.Pod ? "pod" : "container", NumaNode).Inc();
        }
    }
}
