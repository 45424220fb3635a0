using NodeAgent.Hosting.Metrics;

namespace NodeAgent.Kubelet.Devices;

/// <summary>Registrations of device plugins and what they hand out.</summary>
internal sealed class DeviceMetrics(MetricsRegistry registry)
{
    private readonly Counter _registrations = registry.CreateCounter("kubelet_device_plugin_registration_total", "Cumulative number of device plugin registrations. Broken down by resource name.", "resource_name");
    private readonly Histogram _allocations = registry.CreateHistogram("kubelet_device_plugin_alloc_duration_seconds", "Duration in seconds to serve a device plugin Allocation request. Broken down by resource name.", "resource_name");

    public void Registered(string resource) => _registrations.WithLabels(resource).Inc();

    public void Allocated(string resource, TimeSpan took) => _allocations.WithLabels(resource).Observe(took.TotalSeconds);
}
