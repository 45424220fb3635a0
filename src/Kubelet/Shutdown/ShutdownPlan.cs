using NodeAgent.Kubelet.Config;

namespace NodeAgent.Kubelet.Shutdown;

/// <summary>In which order pods end when the node shuts down, and how long each group of them gets. Pure.</summary>
/// <param name="Periods">By lowest priority, ascending; empty when a shutdown is not waited for.</param>
internal sealed record ShutdownPlan(IReadOnlyList<(int Priority, TimeSpan Period)> Periods)
{
    private const int CriticalPriority = 2_000_000_000;

    /// <summary>By the list of priorities where there is one, else by the two periods for ordinary and for critical pods.</summary>
    public static ShutdownPlan Of(KubeletConfiguration config)
    {
        if (config.ShutdownGracePeriodByPodPriority.Count > 0)
        {
            return new ShutdownPlan([.. config.ShutdownGracePeriodByPodPriority.Select(p => (p.Priority, TimeSpan.FromSeconds(p.ShutdownGracePeriodSeconds))).OrderBy(p => p.Priority)]);
        }

        return config.ShutdownGracePeriod > TimeSpan.Zero
            ? new ShutdownPlan([(0, config.ShutdownGracePeriod - config.ShutdownGracePeriodCriticalPods), (CriticalPriority, config.ShutdownGracePeriodCriticalPods)])
            : new ShutdownPlan([]);
    }

    /// <summary>How long the shutdown has to be held back.</summary>
    public TimeSpan Total => Periods.Aggregate(TimeSpan.Zero, (sum, p) => sum + p.Period);

    /// <summary>The groups in the order in which they end, the least important first. A pod below all priorities goes with the lowest.</summary>
    public IReadOnlyList<ShutdownGroup> Divide(IReadOnlyCollection<Pod> pods) =>
    [
        .. Periods.Select((p, i) => new ShutdownGroup(p.Priority, p.Period, [.. pods.Where(pod => GroupOf(pod) == i)])),
    ];

    /// <summary>What a pod of the group gets: its own grace period, but no more than the group's.</summary>
    public static TimeSpan GraceOf(Pod pod, ShutdownGroup group)
    {
        var own = TimeSpan.FromSeconds(pod.Spec.HasTerminationGracePeriodSeconds ? pod.Spec.TerminationGracePeriodSeconds : 30);
        return own < group.Period ? own : group.Period;
    }

    private int GroupOf(Pod pod)
    {
        var group = 0;
        for (var i = 0; i < Periods.Count && Periods[i].Priority <= pod.Spec.Priority; i++)
        {
            group = i;
        }

        return group;
    }
}
