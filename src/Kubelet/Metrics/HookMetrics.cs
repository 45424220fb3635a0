using NodeAgent.Hosting.Metrics;

namespace NodeAgent.Kubelet.Metrics;

/// <summary>What becomes of lifecycle hooks, counted under upstream's names.</summary>
internal sealed class HookMetrics(MetricsRegistry registry)
{
    private readonly Counter _fallbacks = registry.CreateCounter("kubelet_lifecycle_handler_http_fallbacks_total", "The number of times lifecycle handlers successfully fell back to http from https.");
    private readonly Counter _cutShort = registry.CreateCounter("kubelet_sleep_action_terminated_early_total", "The number of times lifecycle sleep handler got terminated before it finishes");

    public void FellBackToHttp() => _fallbacks.Inc();

    public void SleepCutShort() => _cutShort.Inc();
}
