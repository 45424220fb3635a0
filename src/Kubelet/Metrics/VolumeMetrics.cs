using System.Collections.Concurrent;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Volumes;

namespace NodeAgent.Kubelet.Metrics;

/// <summary>What mounting and unmounting takes, and how many volumes are wanted and there.</summary>
internal sealed class VolumeMetrics
{
    // Upstream's, up to ten minutes: volumes of networks take their time.
    private static readonly double[] Buckets = [.1, .25, .5, 1, 2.5, 5, 10, 15, 25, 50, 120, 300, 600];

    private readonly TimeProvider _time;
    private readonly Histogram _operations;
    private readonly ConcurrentDictionary<(PodUid Pod, string Plugin, string Name), bool> _volumes = new();

    public VolumeMetrics(MetricsRegistry registry, TimeProvider time)
    {
        _time = time;
        _operations = registry.CreateHistogram("storage_operation_duration_seconds", "Storage operation duration", Buckets, "volume_plugin", "operation_name", "status", "migrated");
        registry.CreateCallback("volume_manager_total_volumes", "Number of volumes in Volume Manager", MetricType.Gauge, ["plugin_name", "state"], samples =>
        {
            foreach (var plugin in _volumes.GroupBy(v => v.Key.Plugin))
            {
                samples.Add(plugin.Count(v => v.Value), plugin.Key, "actual_state_of_world");
                samples.Add(plugin.Count(), plugin.Key, "desired_state_of_world");
            }
        });
    }

    public async Task<ReadyVolume> MountAsync(PodUid pod, string plugin, string name, Func<Task<ReadyVolume>> mount)
    {
        _volumes.TryAdd((pod, plugin, name), false);
        var ready = await TimeAsync(plugin, "volume_mount", mount);
        _volumes[(pod, plugin, name)] = true;
        return ready;
    }

    public async Task UnmountAsync(PodUid pod, string plugin, string name, Func<Task> unmount)
    {
        await TimeAsync(plugin, "volume_unmount", async () =>
        {
            await unmount();
            return true;
        });
        _volumes.TryRemove((pod, plugin, name), out _);
    }

    private async Task<T> TimeAsync<T>(string plugin, string operation, Func<Task<T>> work)
    {
        var (start, status) = (_time.GetTimestamp(), "fail-unknown");
        try
        {
            var result = await work();
            status = "success";
            return result;
        }
        finally
        {
            _operations.WithLabels(plugin, operation, status, "false").Observe(_time.GetElapsedTime(start).TotalSeconds);
        }
    }
}
