using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.Volumes;

/// <summary>The claims that a pod's volumes name.</summary>
internal static class PodClaims
{
    /// <summary>The name of the claim behind a volume; null for volumes of other kinds. An ephemeral volume has a claim of its own.</summary>
    public static string? ClaimOf(Pod pod, Volume volume, out bool isEphemeral)
    {
        var source = volume.VolumeSource;
        isEphemeral = source?.Ephemeral is not null;
        return source?.PersistentVolumeClaim is { } claim ? claim.ClaimName : isEphemeral ? $"{pod.Metadata.Name}-{volume.Name}" : null;
    }

    public static bool Uses(Pod pod, PersistentVolumeClaim claim)
    {
        if (pod.Metadata.Namespace != claim.Metadata.Namespace)
        {
            return false;
        }

        foreach (var volume in pod.Spec.Volumes)
        {
            if (ClaimOf(pod, volume, out _) == claim.Metadata.Name)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Null when the claim was made for the pod's ephemeral volume, or why it cannot be used for it.</summary>
    public static string? WhyNotOf(Pod pod, PersistentVolumeClaim claim) =>
        claim.Metadata.OwnerReferences.Any(o => o.Controller && o.Uid == pod.Metadata.Uid)
            ? null
            : $"PVC {ClaimFacts.KeyOf(claim)} was not created for pod {pod.Metadata.Namespace}/{pod.Metadata.Name} (pod is not owner)";

    /// <summary>For events about claims: does the refused pod use it?</summary>
    public static QueueingHint Hint(PodInfo pod, object? before, object? after) =>
        after is PersistentVolumeClaim claim && Uses(pod.Pod, claim) ? QueueingHint.Queue : QueueingHint.Skip;
}
