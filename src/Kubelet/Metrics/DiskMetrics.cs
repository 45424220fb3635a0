using NodeAgent.Hosting.Metrics;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Workers;
using NodeAgent.Kubelet.Stats;

namespace NodeAgent.Kubelet.Metrics;

/// <summary>kubelet_volume_stats_* of claims, and what logs take: as they were last added up.</summary>
internal static class DiskMetrics
{
    private static readonly string[] OfClaim = ["namespace", "persistentvolumeclaim"];

    public static void Register(MetricsRegistry registry, PodManager pods, DiskUsage disk)
    {
        var durations = registry.CreateHistogram("kubelet_volume_metric_collection_duration_seconds", "Duration in seconds to calculate volume stats", "metric_source");
        disk.Measured = (how, took) => durations.WithLabels(how).Observe(took.TotalSeconds);
        Claim("kubelet_volume_stats_capacity_bytes", "Capacity in bytes of the volume", u => u.CapacityBytes);
        Claim("kubelet_volume_stats_available_bytes", "Number of available bytes in the volume", u => u.AvailableBytes);
        Claim("kubelet_volume_stats_used_bytes", "Number of used bytes in the volume", u => u.UsedBytes);
        Claim("kubelet_volume_stats_inodes", "Maximum number of inodes in the volume", u => u.Inodes);
        Claim("kubelet_volume_stats_inodes_free", "Number of free inodes in the volume", u => u.InodesFree);
        Claim("kubelet_volume_stats_inodes_used", "Number of used inodes in the volume", u => u.InodesUsed);
        registry.CreateCallback("kubelet_container_log_filesystem_used_bytes", "Bytes used by the container's logs on the filesystem.", MetricType.Gauge, ["uid", "namespace", "pod", "container"], samples =>
        {
            foreach (var pod in pods.Workers.Select(w => w.Pod))
            {
                foreach (var (container, usage) in disk.Of(pod.Uid())?.Logs ?? new Dictionary<string, FsUsage>())
                {
                    samples.Add(usage.UsedBytes, pod.Metadata.Uid, pod.Metadata.Namespace, pod.Metadata.Name, container);
                }
            }
        });

        void Claim(string name, string help, Func<FsUsage, ulong> value) => registry.CreateCallback(name, help, MetricType.Gauge, OfClaim, samples =>
        {
            // A claim that several pods of the node use is shown once.
            HashSet<(string, string)> shown = [];
            foreach (var pod in pods.Workers.Select(w => w.Pod))
            {
                foreach (var volume in (disk.Of(pod.Uid())?.Volumes ?? []).Where(v => v.Claim.Length > 0 && shown.Add((pod.Metadata.Namespace, v.Claim))))
                {
                    samples.Add(value(volume.Usage), pod.Metadata.Namespace, volume.Claim);
                }
            }
        });
    }
}
