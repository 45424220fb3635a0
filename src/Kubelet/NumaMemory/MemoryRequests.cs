using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.NumaMemory;

/// <summary>Which containers get memory of their own NUMA nodes, and how much.</summary>
internal static class MemoryRequests
{
    private const string HugePages = "hugepages-";

    /// <summary>Guaranteed pods without resources of their own.</summary>
    public static bool Concerns(Pod pod) => PodQos.Of(pod) == PodQos.Guaranteed && (pod.Spec.Resources is not { } own || own.Requests.Count + own.Limits.Count == 0);

    /// <summary>Bytes by kind of memory.</summary>
    public static Dictionary<string, long> Of(Container container) => (container.Resources?.Requests ?? [])
        .Where(r => r.Key == ResourceAmounts.Memory || r.Key.StartsWith(HugePages, StringComparison.Ordinal))
        .Select(r => KeyValuePair.Create(r.Key, ResourceAmounts.Units(r.Value)))
        .Where(r => r.Value > 0)
        .ToDictionary();

    /// <summary>The most that the pod's containers have at one time.</summary>
    public static Dictionary<string, long> Of(Pod pod)
    {
        Dictionary<string, long> sidecars = [];
        Dictionary<string, long> highest = [];
        foreach (var container in pod.Spec.InitContainers)
        {
            foreach (var (type, amount) in Of(container))
            {
                if (container.IsSidecar())
                {
                    sidecars[type] = sidecars.GetValueOrDefault(type) + amount;
                }
                else
                {
                    highest[type] = Math.Max(highest.GetValueOrDefault(type), sidecars.GetValueOrDefault(type) + amount);
                }
            }
        }

        var result = new Dictionary<string, long>(sidecars);
        foreach (var (type, amount) in pod.Spec.Containers.SelectMany(Of))
        {
            result[type] = result.GetValueOrDefault(type) + amount;
        }

        foreach (var (type, amount) in highest)
        {
            result[type] = Math.Max(result.GetValueOrDefault(type), amount);
        }

        return result;
    }
}
