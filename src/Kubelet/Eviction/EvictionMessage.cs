using System.Globalization;
using System.Text;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Eviction;

/// <summary>Why a pod was evicted, in upstream's words: tools read them.</summary>
internal static class EvictionMessage
{
    private static readonly string[] BinaryUnits = ["", "Ki", "Mi", "Gi", "Ti", "Pi"];

    public static string For(PodUse victim, EvictionThreshold threshold, Observation seen)
    {
        var resource = EvictionSignals.ResourceOf(threshold.Signal);
        Func<long, string> format = resource is "inodes" or "pids" ? Plain : Binary;
        var text = new StringBuilder($"The node was low on resource: {resource}. Threshold quantity: {format(threshold.Amount.Of(seen.Capacity))}, available: {format(seen.Available)}. ");
        foreach (var container in victim.Containers)
        {
            var request = victim.Pod.FindContainer(container.Name)?.Spec.Resources?.Requests.GetValueOrDefault(resource);
            var used = resource == ResourceAmounts.Memory ? container.Memory : resource == ResourceAmounts.EphemeralStorage ? container.Disk : 0;
            if (used > (request is null ? 0 : ResourceAmounts.Units(request)))
            {
                text.Append(CultureInfo.InvariantCulture, $"Container {container.Name} was using {Binary(used)}, request is {request?.String ?? "0"}, has larger consumption of {resource}. ");
            }
        }

        return text.ToString();
    }

    /// <summary>In the largest unit in which it is a whole number.</summary>
    internal static string Binary(long bytes)
    {
        var unit = 0;
        while (bytes != 0 && bytes % 1024 == 0 && unit < BinaryUnits.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        return bytes.ToString(CultureInfo.InvariantCulture) + BinaryUnits[unit];
    }

    private static string Plain(long count) => count.ToString(CultureInfo.InvariantCulture);
}
