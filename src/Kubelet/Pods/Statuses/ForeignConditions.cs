using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Pods.Statuses;

/// <summary>Conditions that others write into a pod's status, readiness gates above all: the API server has the latest of them.</summary>
internal static class ForeignConditions
{
    /// <param name="composed">What this kubelet composed last; null when it has composed nothing yet.</param>
    /// <param name="pod">As its source has it.</param>
    /// <returns>The composed status with the conditions of others as the API server has them.</returns>
    public static PodStatus Refresh(PodStatus? composed, Pod pod)
    {
        if (composed is null)
        {
            return pod.Status ?? new PodStatus();
        }

        // The manifest of a static pod knows nothing of what others wrote to its mirror.
        if (pod.IsStatic() || pod.Status is null)
        {
            return composed;
        }

        var known = composed.Conditions.Where(IsForeign).ToList();
        var latest = pod.Status.Conditions.Where(IsForeign).ToList();
        if (known.SequenceEqual(latest))
        {
            return composed;
        }

        var refreshed = composed.Clone();
        refreshed.Conditions.Clear();
        refreshed.Conditions.AddRange(latest);
        refreshed.Conditions.AddRange(composed.Conditions.Where(c => !IsForeign(c)));
        return refreshed;
    }

    // DisruptionTarget is also this kubelet's to write, and may not have reached the API server yet.
    public static bool IsForeign(PodCondition condition) => !PodConditions.IsOwned(condition.Type) && condition.Type != PodConditions.DisruptionTarget;
}
