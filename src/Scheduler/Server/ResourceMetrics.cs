using System.Globalization;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Informers;
using NodeAgent.KubeApi.Objects;

namespace NodeAgent.Scheduler.Server;

/// <summary>What pods ask for and may use at most, one series per pod and resource: /metrics/resources.</summary>
internal static class ResourceMetrics
{
    private static readonly string[] Labels = ["namespace", "pod", "node", "scheduler", "priority", "resource", "unit"];

    /// <summary>A registry of its own: nobody who scrapes /metrics gets a series per pod.</summary>
    public static MetricsRegistry For(IStore<Pod> pods)
    {
        var registry = new MetricsRegistry();
        registry.CreateCallback("kube_pod_resource_request", "What the scheduler and the kubelet reserve for the pod, by resource, with its unit.", MetricType.Gauge, Labels, sink => Write(sink, pods, pod => pod.Requests()));
        registry.CreateCallback("kube_pod_resource_limit", "What the pod may use at most, by resource, with its unit.", MetricType.Gauge, Labels, sink => Write(sink, pods, pod => pod.Limits()));
        return registry;
    }

    private static void Write(SampleSink sink, IStore<Pod> pods, Func<Pod, ResourceAmounts> amountsOf)
    {
        foreach (var pod in pods.List().Where(p => p.Spec is not null && !(p.Spec.NodeName.Length > 0 && p.IsTerminal)))
        {
            var priority = pod.Spec.HasPriority ? pod.Spec.Priority.ToString(CultureInfo.InvariantCulture) : "";
            foreach (var (resource, amount) in amountsOf(pod))
            {
                var value = amount.ToDouble();
                if (value > 0)
                {
                    sink.Add(value, pod.Metadata.Namespace, pod.Metadata.Name, pod.Spec.NodeName, pod.Spec.SchedulerName, priority, resource, UnitOf(resource));
                }
            }
        }
    }

    private static string UnitOf(string resource) => resource switch
    {
        ResourceNames.Cpu => "cores",
        ResourceNames.Memory or ResourceNames.EphemeralStorage or "storage" => "bytes",
        _ when resource.StartsWith("hugepages-", StringComparison.Ordinal) => "bytes",
        _ when resource.StartsWith("attachable-volumes-", StringComparison.Ordinal) => "integer",
        _ => "",
    };
}
