using NodeAgent.Hosting.Metrics;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Metrics;

/// <summary>Resources of pods that change while they run, counted under upstream's names.</summary>
internal sealed class ResizeMetrics(MetricsRegistry registry)
{
    // Upstream's, up to ten minutes.
    private static readonly double[] Milliseconds = [10, 50, 100, 500, 1000, 2000, 5000, 10000, 20000, 30000, 60000, 120000, 300000, 600000];

    private readonly Counter _requested = registry.CreateCounter("kubelet_container_requested_resizes_total", "Number of requested resizes, counted at the container level. Different resources on the same container are counted separately. The 'requirement' label refers to 'memory' or 'limits'; the 'operation' label can be one of 'add', 'remove', 'increase' or 'decrease'.", "resource", "requirement", "operation");
    private readonly Histogram _durations = registry.CreateHistogram("kubelet_pod_resize_duration_milliseconds", "Duration in milliseconds to actuate a pod resize", Milliseconds, "success");
    private readonly Counter _infeasible = registry.CreateCounter("kubelet_pod_infeasible_resizes_total", "Number of infeasible resizes for pods.", "reason_detail");
    private readonly Counter _accepted = registry.CreateCounter("kubelet_pod_deferred_accepted_resizes_total", "Cumulative number of resizes that were accepted after being deferred.", "retry_trigger");

    /// <summary>Counts what differs between what a pod asked for and what it asks for now.</summary>
    public void Requested(Pod before, Pod now)
    {
        foreach (var (old, next) in Resizable(before).Join(Resizable(now), c => c.Name, c => c.Name, (a, b) => (a.Resources, b.Resources)))
        {
            foreach (var resource in (string[])[ResourceAmounts.Memory, ResourceAmounts.Cpu])
            {
                Count(resource, "requests", old?.Requests, next?.Requests);
                Count(resource, "limits", old?.Limits, next?.Limits);
            }
        }
    }

    /// <param name="reason">One of the few words that ResizeRequest knows.</param>
    public void Infeasible(string reason) => _infeasible.WithLabels(reason).Inc();

    /// <param name="trigger">What made the node look again: pod_updated or pod_terminated.</param>
    public void AcceptedAfterAll(string trigger) => _accepted.WithLabels(trigger).Inc();

    public void Carried(bool succeeded, TimeSpan took) => _durations.WithLabels(succeeded ? "true" : "false").Observe(Math.Floor(took.TotalMilliseconds));

    private static IEnumerable<Container> Resizable(Pod pod) =>
        pod.AllContainers().Where(c => c.Kind is ContainerKind.Main or ContainerKind.Sidecar).Select(c => c.Spec);

    private void Count(string resource, string requirement, IDictionary<string, KubeApi.Meta.Quantity>? before, IDictionary<string, KubeApi.Meta.Quantity>? now)
    {
        var (old, next) = (Amount(before, resource), Amount(now, resource));
        if (old != next)
        {
            _requested.WithLabels(resource, requirement, next == 0 ? "remove" : old == 0 ? "add" : next > old ? "increase" : "decrease").Inc();
        }
    }

    private static long Amount(IDictionary<string, KubeApi.Meta.Quantity>? list, string name) =>
        list is not null && list.TryGetValue(name, out var quantity) ? ResourceAmounts.Count(name, quantity) : 0;
}
