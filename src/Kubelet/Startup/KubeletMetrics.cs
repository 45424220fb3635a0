using NodeAgent.Hosting.Metrics;
using NodeAgent.Kubelet.Pods.Workers;

namespace NodeAgent.Kubelet.Startup;

/// <summary>The kubelet's own metrics under upstream's names, read from the pods when somebody asks.</summary>
internal static class KubeletMetrics
{
    public static void Register(MetricsRegistry registry, string nodeName, PodManager pods, RuntimeWatcher watcher, TimeProvider time)
    {
        registry.CreateGauge("kubelet_node_name", "The node's name. The count is always 1.", "node").WithLabels(nodeName).Set(1);
        registry.CreateGaugeCallback("kubelet_running_pods", "Number of pods that have a running pod sandbox.", () => pods.Workers.Count(w => w.Observed.Sandboxes.Any(s => s.IsReady)));
        registry.CreateGaugeCallback("kubelet_desired_pods", "The number of pods the kubelet is being instructed to run.", () => pods.Workers.Count(w => !w.IsDone));
        registry.CreateGaugeCallback("kubelet_active_pods", "The number of pods the kubelet considers active.", () => pods.Workers.Count(w => w.Phase == PodWorkerPhase.Running));
        registry.CreateCallback("kubelet_running_containers", "Number of containers currently running.", MetricType.Gauge, ["container_state"], samples =>
        {
            foreach (var group in pods.Workers.SelectMany(w => w.Observed.Containers).GroupBy(c => c.State))
            {
                samples.Add(group.Count(), group.Key.ToString().Replace("Container", "", StringComparison.Ordinal).ToLowerInvariant());
            }
        });
        var (durations, intervals) = (registry.CreateHistogram("kubelet_pleg_relist_duration_seconds", "Duration in seconds for relisting pods in PLEG."), registry.CreateHistogram("kubelet_pleg_relist_interval_seconds", "Interval in seconds between relisting in PLEG."));
        watcher.Relisted = (took, since) =>
        {
            durations.Observe(took.TotalSeconds);
            intervals.Observe(since.TotalSeconds);
        };
        registry.CreateGaugeCallback("kubelet_pleg_last_seen_seconds", "Timestamp in seconds when PLEG was last seen active.", () => time.GetUtcNow().ToUnixTimeSeconds() - time.GetElapsedTime(watcher.LastRelist).TotalSeconds);
    }
}
