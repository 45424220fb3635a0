using NodeAgent.Hosting.Metrics;

namespace NodeAgent.Kubelet.PodResources;

/// <summary>Questions of monitoring agents, by version of the API.</summary>
internal sealed class PodResourcesMetrics
{
    private const string Label = "server_api_version";

    private readonly Counter _total;
    private readonly Dictionary<string, (Counter Requests, Counter Errors)> _byCall;

    public PodResourcesMetrics(MetricsRegistry registry)
    {
        _total = registry.CreateCounter("kubelet_pod_resources_endpoint_requests_total", "Cumulative number of requests to the PodResource endpoint. Broken down by server api version.", Label);
        _byCall = new Dictionary<string, (string Name, string Call)> { ["List"] = ("list", "List"), ["Get"] = ("get", "Get"), ["GetAllocatableResources"] = ("get_allocatable", "GetAllocatableResources") }
            .ToDictionary(c => c.Key, c => (
                registry.CreateCounter($"kubelet_pod_resources_endpoint_requests_{c.Value.Name}", $"Number of requests to the PodResource {c.Value.Call} endpoint. Broken down by server api version.", Label),
                registry.CreateCounter($"kubelet_pod_resources_endpoint_errors_{c.Value.Name}", $"Number of requests to the PodResource {c.Value.Call} endpoint which returned error. Broken down by server api version.", Label)));
    }

    public void Asked(string call, string version)
    {
        _total.WithLabels(version).Inc();
        _byCall[call].Requests.WithLabels(version).Inc();
    }

    public void Failed(string call, string version) => _byCall[call].Errors.WithLabels(version).Inc();
}
