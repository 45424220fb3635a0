using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.DefaultPreemption;

/// <summary>Who is spared first: higher priority, then who has run longer.</summary>
internal static class Importance
{
    public static int Compare(PodInfo left, PodInfo right)
    {
        var byPriority = right.Priority.CompareTo(left.Priority);
        return byPriority != 0 ? byPriority : StartOf(left).CompareTo(StartOf(right));
    }

    /// <summary>When the pod began to run; the end of time for one that has not yet.</summary>
    public static long StartOf(PodInfo pod) => pod.Pod.Status.StartTime?.Seconds ?? long.MaxValue;
}
