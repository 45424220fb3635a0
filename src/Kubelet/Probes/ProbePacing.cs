namespace NodeAgent.Kubelet.Probes;

/// <summary>Spreads the first probes of containers that a restarted kubelet finds running over their periods.</summary>
internal sealed class ProbePacing(TimeProvider time, Func<double> random)
{
    private readonly DateTimeOffset _kubeletStart = time.GetUtcNow();

    /// <summary>Told of what the probes come to; null when nobody counts.</summary>
    public IProbeObserver? Observer { get; init; }

    public TimeSpan FirstDelay(ProbeTarget target, Probe probe) =>
        target.StartedAt < _kubeletStart ? TimeSpan.FromSeconds(random() * (probe.PeriodSeconds > 0 ? probe.PeriodSeconds : 10)) : TimeSpan.Zero;
}
