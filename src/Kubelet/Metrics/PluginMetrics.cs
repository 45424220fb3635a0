using NodeAgent.Hosting.Metrics;
using NodeAgent.Kubelet.Plugins;

namespace NodeAgent.Kubelet.Metrics;

/// <summary>plugin_manager_total_plugins: the registration sockets that are there, and which of them were taken.</summary>
internal static class PluginMetrics
{
    public static void Register(MetricsRegistry registry, PluginWatcher watcher) =>
        registry.CreateCallback("plugin_manager_total_plugins", "Number of plugins in Plugin Manager", MetricType.Gauge, ["socket_path", "state"], samples =>
        {
            foreach (var (socket, isRegistered) in watcher.Sockets)
            {
                samples.Add(1, socket, "desired_state_of_world");
                if (isRegistered)
                {
                    samples.Add(1, socket, "actual_state_of_world");
                }
            }
        });
}
