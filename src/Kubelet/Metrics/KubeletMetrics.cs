using NodeAgent.Hosting.Metrics;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Workers;

namespace NodeAgent.Kubelet.Metrics;

/// <summary>The kubelet's own metrics under upstream's names, read from the pods when somebody asks.</summary>
internal static class KubeletMetrics
{
    public static void Register(MetricsRegistry registry, string nodeName, PodManager pods, RuntimeWatcher watcher, Housekeeping housekeeping, TimeProvider time)
    {
        registry.CreateGauge("kubelet_node_name", "The node's name. The count is always 1.", "node").WithLabels(nodeName).Set(1);
        RegisterPods(registry, pods);
        RegisterHousekeeping(registry, housekeeping);
        var (durations, intervals) = (registry.CreateHistogram("kubelet_pleg_relist_duration_seconds", "Duration in seconds for relisting pods in PLEG."), registry.CreateHistogram("kubelet_pleg_relist_interval_seconds", "Interval in seconds between relisting in PLEG."));
        watcher.Relisted = (took, since) =>
        {
            durations.Observe(took.TotalSeconds);
            intervals.Observe(since.TotalSeconds);
        };
        registry.CreateGaugeCallback("kubelet_pleg_last_seen_seconds", "Timestamp in seconds when PLEG was last seen active.", () => time.GetUtcNow().ToUnixTimeSeconds() - time.GetElapsedTime(watcher.LastRelist).TotalSeconds);
    }

    private static void RegisterHousekeeping(MetricsRegistry registry, Housekeeping housekeeping)
    {
        var cleaned = registry.CreateGauge("kubelet_orphan_pod_cleaned_volumes", "The total number of orphaned Pods whose volumes were cleaned in the last periodic sweep.");
        var errors = registry.CreateGauge("kubelet_orphan_pod_cleaned_volumes_errors", "The number of orphaned Pods whose volumes failed to be cleaned in the last periodic sweep.");
        housekeeping.Swept = (all, failed) =>
        {
            cleaned.Set(all);
            errors.Set(failed);
        };
    }

    private static void RegisterPods(MetricsRegistry registry, PodManager pods)
    {
        registry.CreateGaugeCallback("kubelet_running_pods", "Number of pods that have a running pod sandbox", () => pods.Workers.Count(w => w.Observed.Sandboxes.Any(s => s.IsReady)));
        registry.CreateCallback("kubelet_running_containers", "Number of containers currently running", MetricType.Gauge, ["container_state"], samples =>
        {
            foreach (var group in pods.Workers.SelectMany(w => w.Observed.Containers).GroupBy(c => c.State))
            {
                samples.Add(group.Count(), group.Key.ToString().Replace("Container", "", StringComparison.Ordinal).ToLowerInvariant());
            }
        });
        CountPods("kubelet_desired_pods", "The number of pods the kubelet is being instructed to run. static is true if the pod is not from the apiserver.", w => !w.IsDone);
        CountPods("kubelet_active_pods", "The number of pods the kubelet considers active and which are being considered when admitting new pods. static is true if the pod is not from the apiserver.", w => w.Phase == PodWorkerPhase.Running);
        registry.CreateGaugeCallback("kubelet_mirror_pods", "The number of mirror pods the kubelet will try to create (one per admitted static pod)", () => pods.Workers.Count(w => w.Pod.IsStatic() && w.Mailbox.Kill is null));
        registry.CreateGaugeCallback("kubelet_managed_ephemeral_containers", "Current number of ephemeral containers in pods managed by this kubelet.", () => pods.Workers.Sum(w => w.Pod.Spec.EphemeralContainers.Count));
        registry.CreateCallback("kubelet_working_pods", "Number of pods the kubelet is actually running, broken down by lifecycle phase, whether the pod is desired, orphaned, or runtime only (also orphaned), and whether the pod is static.", MetricType.Gauge, ["lifecycle", "config", "static"], samples =>
        {
            var counts = pods.Workers.Where(w => w.Phase != PodWorkerPhase.Finished).CountBy(w => (Lifecycle(w.Phase), w.Mailbox.IsRemoved ? "orphan" : "desired", Flag(w.Pod))).ToDictionary();
            foreach (var lifecycle in (string[])["sync", "terminating", "terminated"])
            {
                foreach (var config in (string[])["desired", "orphan"])
                {
                    samples.Add(counts.GetValueOrDefault((lifecycle, config, "")), lifecycle, config, "");
                    samples.Add(counts.GetValueOrDefault((lifecycle, config, "true")), lifecycle, config, "true");
                }
            }
        });
        registry.CreateGaugeCallback("kubelet_pod_in_progress_resizes", "Number of in-progress resizes for pods.", () => pods.Workers.Count(w => !w.IsDone && w.IsResizing));
        registry.CreateCallback("kubelet_pod_pending_resizes", "Number of pending resizes for pods.", MetricType.Gauge, ["reason"], samples =>
        {
            var reasons = pods.Workers.Select(w => w.Mailbox.PendingResize?.Reason).OfType<string>().ToList();
            samples.Add(reasons.Count(r => r == ResizeRequest.Deferred), "deferred");
            samples.Add(reasons.Count(r => r == ResizeRequest.Infeasible), "infeasible");
        });

        void CountPods(string name, string help, Func<PodWorker, bool> counts) => registry.CreateCallback(name, help, MetricType.Gauge, ["static"], samples =>
        {
            var matching = pods.Workers.Where(counts).Select(w => w.Pod.IsStatic()).ToList();
            samples.Add(matching.Count(s => !s), "");
            samples.Add(matching.Count(s => s), "true");
        });
    }

    private static string Flag(Pod pod) => pod.IsStatic() ? "true" : "";

    private static string Lifecycle(PodWorkerPhase phase) => phase switch
    {
        PodWorkerPhase.Running => "sync",
        PodWorkerPhase.Terminating => "terminating",
        _ => "terminated",
    };
}
