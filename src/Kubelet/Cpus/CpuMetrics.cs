using System.Globalization;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.Cpus;

/// <summary>CPUs that containers have for themselves.</summary>
internal sealed class CpuMetrics(MetricsRegistry registry)
{
    private readonly Counter _requests = registry.CreateCounter("kubelet_cpu_manager_pinning_requests_total", "The number of cpu core allocations which required pinning.");
    private readonly Counter _errors = registry.CreateCounter("kubelet_cpu_manager_pinning_errors_total", "The number of cpu core allocations which required pinning failed.");
    private readonly Gauge _shared = registry.CreateGauge("kubelet_cpu_manager_shared_pool_size_millicores", "The size of the shared CPU pool for non-guaranteed QoS pods, in millicores.");
    private readonly Gauge _exclusive = registry.CreateGauge("kubelet_cpu_manager_exclusive_cpu_allocation_count", "The total number of CPUs exclusively allocated to containers running on this node");
    private readonly Gauge _perNode = registry.CreateGauge("kubelet_cpu_manager_allocation_per_numa", "Number of CPUs allocated per NUMA node", "numa_node");

    public void Requested() => _requests.Inc();

    public void Failed() => _errors.Inc();

    public void Show(CpuState state, CpuSet reserved, CpuLayout host)
    {
        var taken = state.Taken;
        _shared.Set(state.Shared.Except(reserved).Count * 1000);
        _exclusive.Set(taken.Count);
        foreach (var node in host.Places.Select(c => c.Node).Distinct())
        {
            _perNode.WithLabels(node.ToString(CultureInfo.InvariantCulture)).Set(taken.Count(c => host[c].Node == node));
        }
    }
}
