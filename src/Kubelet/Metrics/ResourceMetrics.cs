using NodeAgent.Hosting.Metrics;
using NodeAgent.Kubelet.Stats;

namespace NodeAgent.Kubelet.Metrics;

/// <summary>/metrics/resource: what metrics-server reads, and autoscalers through it.</summary>
internal static class ResourceMetrics
{
    private const double Nanoseconds = 1e9;
    private static readonly string[] OfContainer = ["container", "namespace", "pod"];
    private static readonly string[] OfPod = ["namespace", "pod"];

    public static ScrapedUsage Make(IUsageSource source)
    {
        var page = new ScrapedUsage(source, UsageDetail.CpuAndMemory);
        var registry = page.Registry;
        Node("node_cpu_usage_seconds_total", "Cumulative cpu time consumed by the node in core-seconds", MetricType.Counter, n => n.Host.CpuNanoseconds / Nanoseconds);
        Node("node_memory_working_set_bytes", "Current working set of the node in bytes", MetricType.Gauge, n => n.Host.WorkingSetBytes);
        Node("node_swap_usage_bytes", "Current swap usage of the node in bytes. Reported only on non-windows systems", MetricType.Gauge, n => n.Host.SwapTotalBytes - n.Host.SwapFreeBytes);
        Containers("container_cpu_usage_seconds_total", "Cumulative cpu time consumed by the container in core-seconds", MetricType.Counter, c => c.CpuNanoseconds / Nanoseconds);
        Containers("container_memory_working_set_bytes", "Current working set of the container in bytes", MetricType.Gauge, c => c.WorkingSet);
        Containers("container_swap_usage_bytes", "Current amount of the container swap usage in bytes. Reported only on non-windows systems", MetricType.Gauge, c => c.Swap);
        Containers("container_swap_limit_bytes", "Current amount of the container swap limit in bytes. Reported only on non-windows systems", MetricType.Gauge, c => c.SwapLimit);
        registry.CreateCallback("container_start_time_seconds", "Start time of the container since unix epoch in seconds", MetricType.Gauge, OfContainer, samples =>
        {
            foreach (var (pod, container) in page.Current.Pods.SelectMany(p => p.Containers.Select(c => (p.Pod.Metadata, c))))
            {
                samples.Add(container.StartedAt.ToUnixTimeMilliseconds() / 1000.0, container.Name, pod.Namespace, pod.Name);
            }
        });
        Pods("pod_cpu_usage_seconds_total", "Cumulative cpu time consumed by the pod in core-seconds", MetricType.Counter, p => p.CpuNanoseconds / Nanoseconds);
        Pods("pod_memory_working_set_bytes", "Current working set of the pod in bytes", MetricType.Gauge, p => p.WorkingSet);
        Pods("pod_swap_usage_bytes", "Current amount of the pod swap usage in bytes. Reported only on non-windows systems", MetricType.Gauge, p => p.Swap);
        registry.CreateGaugeCallback("resource_scrape_error", "1 if there was an error while getting container metrics, 0 otherwise", () => page.Failed ? 1 : 0);
        return page;

        void Node(string name, string help, MetricType type, Func<NodeUsage, double?> value) => registry.CreateCallback(name, help, type, [], samples =>
        {
            if (!page.Failed && value(page.Current.Node) is { } number)
            {
                samples.Add(number, page.Current.At);
            }
        });

        void Containers(string name, string help, MetricType type, Func<CgroupSample, double?> value) => registry.CreateCallback(name, help, type, OfContainer, samples =>
        {
            foreach (var (pod, container) in page.Failed ? [] : page.Current.Pods.SelectMany(p => p.Containers.Select(c => (p.Pod.Metadata, c))))
            {
                if (value(container.Sample) is { } number)
                {
                    samples.Add(number, container.Sample.At, container.Name, pod.Namespace, pod.Name);
                }
            }
        });

        void Pods(string name, string help, MetricType type, Func<CgroupSample, double?> value) => registry.CreateCallback(name, help, type, OfPod, samples =>
        {
            foreach (var pod in page.Failed ? [] : page.Current.Pods)
            {
                if (pod.Sample is { } sample && value(sample) is { } number)
                {
                    samples.Add(number, sample.At, pod.Pod.Metadata.Namespace, pod.Pod.Metadata.Name);
                }
            }
        });
    }
}
