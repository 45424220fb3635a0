using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Stats;

namespace NodeAgent.Kubelet.Eviction;

/// <summary>Pods that keep more on the node's disk than their own limits let them.</summary>
internal static class LocalStorageLimits
{
    public static bool HasAny(Pod pod) =>
        pod.Spec.Volumes.Any(v => Limit(v) is not null)
        || pod.Spec.Containers.Concat(pod.Spec.InitContainers).Any(c => Limit(c) > 0);

    /// <returns>Null when the pod keeps within its limits.</returns>
    public static LocalStorageExcess? Exceeded(Pod pod, PodDisk disk)
    {
        foreach (var volume in pod.Spec.Volumes)
        {
            if (Limit(volume) is { } size && Holds(disk, volume.Name) > ResourceAmounts.Units(size))
            {
                return new("emptydirfs.limit", $"Usage of EmptyDir volume \"{volume.Name}\" exceeds the limit \"{size.String}\". ");
            }
        }

        var limits = pod.Spec.Containers.Sum(Limit);
        if (limits > 0 && pod.Spec.Containers.All(c => Limit(c) > 0) && disk.Ephemeral.Sum(f => (long)f.UsedBytes) > limits)
        {
            return new("ephemeralpodfs.limit", $"Pod ephemeral local storage usage exceeds the total limit of containers {EvictionMessage.Binary(limits)}. ");
        }

        foreach (var name in disk.Rootfs.Keys.Union(disk.Logs.Keys))
        {
            if (pod.FindContainer(name) is { } found && Limit(found.Spec) is > 0 and var limit && disk.OfContainer(name) > limit)
            {
                return new("ephemeralcontainerfs.limit", $"Container {name} exceeded its local ephemeral storage limit \"{found.Spec.Resources.Limits[ResourceAmounts.EphemeralStorage].String}\". ");
            }
        }

        return null;
    }

    private static long Holds(PodDisk disk, string volume) => (long)(disk.Volumes.FirstOrDefault(v => v.Name == volume)?.Usage.UsedBytes ?? 0);

    private static KubeApi.Meta.Quantity? Limit(Volume volume) =>
        volume.VolumeSource?.EmptyDir is { Medium: not "Memory", SizeLimit: { String.Length: > 0 } size } && !ResourceAmounts.IsZero(size) ? size : null;

    private static long Limit(Container container) => ResourceAmounts.Units(container.Resources?.Limits, ResourceAmounts.EphemeralStorage);
}
