using NodeAgent.Hosting.Metrics;
using NodeAgent.Kubelet.Probes;

namespace NodeAgent.Kubelet.Metrics;

/// <summary>/metrics/probes: what the probes of containers came to. The series of a container go with it.</summary>
internal sealed class ProbeMetrics : IProbeObserver
{
    private readonly Counter _results;
    private readonly Histogram _durations;

    public ProbeMetrics()
    {
        ProcessMetrics.Register(Registry);
        _results = Registry.CreateCounter("prober_probe_total", "Cumulative number of a liveness, readiness or startup probe for a container by result.", "container", "namespace", "pod", "pod_uid", "probe_type", "result");
        _durations = Registry.CreateHistogram("prober_probe_duration_seconds", "Duration in seconds for a probe response.", "container", "namespace", "pod", "probe_type");
    }

    public MetricsRegistry Registry { get; } = new();

    public void OnRun(ProbeKind kind, ProbeTarget target, ProbeRun run, TimeSpan duration)
    {
        var (container, pod) = (target.Container.Name, target.Pod.Metadata);
        var result = run switch
        {
            { Succeeded: true } => "successful",
            { Errored: true } => "unknown",
            _ => "failed",
        };
        _results.WithLabels(container, pod.Namespace, pod.Name, pod.Uid, kind.ToString(), result).Inc();
        if (run.Succeeded)
        {
            _durations.WithLabels(container, pod.Namespace, pod.Name, kind.ToString()).Observe(duration.TotalSeconds);
        }
    }

    public void OnEnd(ProbeTarget target)
    {
        var (container, pod) = (target.Container.Name, target.Pod.Metadata);
        _results.RemoveWhere(labels => labels[0] == container && labels[1] == pod.Namespace && labels[2] == pod.Name && labels[3] == pod.Uid);
        _durations.RemoveWhere(labels => labels[0] == container && labels[1] == pod.Namespace && labels[2] == pod.Name);
    }
}
