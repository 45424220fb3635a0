using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Eviction;

/// <summary>Pods that keep more on the node's disk than their own limits let them.</summary>
internal static class LocalStorageLimits
{
    public static bool HasAny(Pod pod) =>
        pod.Spec.Volumes.Any(v => Limit(v) is not null)
        || pod.Spec.Containers.Concat(pod.Spec.InitContainers).Any(c => Limit(c) > 0);

    /// <param name="emptyDir">What an emptyDir volume holds, by its name.</param>
    /// <returns>Upstream's words for what is exceeded; null when nothing is.</returns>
    public static string? Exceeded(PodUsage usage, Func<string, long> emptyDir)
    {
        foreach (var volume in usage.Pod.Spec.Volumes)
        {
            if (Limit(volume) is { } size && emptyDir(volume.Name) > ResourceAmounts.Units(size))
            {
                return $"Usage of EmptyDir volume \"{volume.Name}\" exceeds the limit \"{size.String}\". ";
            }
        }

        var limits = usage.Pod.Spec.Containers.Sum(Limit);
        if (limits > 0 && usage.Pod.Spec.Containers.All(c => Limit(c) > 0) && usage.Disk > limits)
        {
            return $"Pod ephemeral local storage usage exceeds the total limit of containers {EvictionMessage.Binary(limits)}. ";
        }

        foreach (var container in usage.Containers)
        {
            if (usage.Pod.FindContainer(container.Name) is { } found && Limit(found.Spec) is > 0 and var limit && container.Disk > limit)
            {
                return $"Container {container.Name} exceeded its local ephemeral storage limit \"{found.Spec.Resources.Limits[ResourceAmounts.EphemeralStorage].String}\". ";
            }
        }

        return null;
    }

    private static KubeApi.Meta.Quantity? Limit(Volume volume) =>
        volume.VolumeSource?.EmptyDir is { Medium: not "Memory", SizeLimit: { String.Length: > 0 } size } && !ResourceAmounts.IsZero(size) ? size : null;

    private static long Limit(Container container) => ResourceAmounts.Units(container.Resources?.Limits, ResourceAmounts.EphemeralStorage);
}
