using NodeAgent.Hosting.Metrics;

namespace NodeAgent.Kubelet.Metrics;

/// <summary>Hooks that did not go as they were meant to.</summary>
internal sealed class HookMetrics(MetricsRegistry registry)
{
    /// <summary>Sleeps of preStop that the end of the grace period cut short.</summary>
    public Counter SleepsCut { get; } = registry.CreateCounter("kubelet_sleep_action_terminated_early_total", "The number of times lifecycle sleep handler got terminated before it finishes");

    /// <summary>Hooks that asked by HTTPS, where a server speaks HTTP.</summary>
    public Counter HttpFallbacks { get; } = registry.CreateCounter("kubelet_lifecycle_handler_http_fallbacks_total", "The number of times lifecycle handlers successfully fell back to http from https.");
}
