using Google.Protobuf.Collections;
using NodeAgent.KubeApi.Meta;

namespace NodeAgent.Kubelet.Pods.Model;

/// <summary>What a pod as a whole asks for: the most that its containers can hold at one time.</summary>
internal sealed record PodResourceSums(long CpuRequestMilli, long CpuLimitMilli, long MemoryRequest, long MemoryLimit)
{
    /// <summary>The limits are 0 when some container has none: the pod has no limit then.</summary>
    public static PodResourceSums Of(Pod pod, bool withOverhead)
    {
        var requests = Sum(pod, r => r.Requests, withOverhead);
        var limits = Sum(pod, r => r.Limits, withOverhead);
        return new PodResourceSums(
            requests.GetValueOrDefault(ResourceAmounts.Cpu),
            AllHave(pod, ResourceAmounts.Cpu) ? limits.GetValueOrDefault(ResourceAmounts.Cpu) : 0,
            requests.GetValueOrDefault(ResourceAmounts.Memory),
            AllHave(pod, ResourceAmounts.Memory) ? limits.GetValueOrDefault(ResourceAmounts.Memory) : 0);
    }

    /// <summary>Requests by resource name, in the units of <see cref="ResourceAmounts.Count"/>.</summary>
    public static Dictionary<string, long> Requests(Pod pod) => Sum(pod, r => r.Requests, withOverhead: true);

    /// <summary>Limits by resource name. What some container has no limit on is not limited for the pod, unless the pod has a limit of its own.</summary>
    /// <param name="onlyEnforced">Leave out the sums of CPU and memory limits that the pod's cgroup cannot have.</param>
    public static Dictionary<string, long> Limits(Pod pod, bool onlyEnforced)
    {
        var limits = Sum(pod, r => r.Limits, withOverhead: false);
        foreach (var name in limits.Keys.ToList())
        {
            if (onlyEnforced && name is ResourceAmounts.Cpu or ResourceAmounts.Memory && !AllHave(pod, name))
            {
                limits.Remove(name);
            }
            else if (pod.Spec.Overhead.TryGetValue(name, out var overhead))
            {
                limits[name] += ResourceAmounts.Count(name, overhead);
            }
        }

        return limits;
    }

    /// <summary>The memory that the pod asks for beyond what its containers ask for, in equal parts: each container's share.</summary>
    public static long SharedMemoryRequest(Pod pod)
    {
        var ofPod = ResourceAmounts.Units(pod.Spec.Resources?.Requests, ResourceAmounts.Memory);
        var containers = pod.Spec.Containers.Count + pod.Spec.InitContainers.Count;
        return ofPod == 0 || containers == 0 ? 0 : (ofPod - OfContainers(pod, r => r.Requests).GetValueOrDefault(ResourceAmounts.Memory)) / containers;
    }

    private static Dictionary<string, long> Sum(Pod pod, Func<ResourceRequirements, MapField<string, Quantity>> part, bool withOverhead)
    {
        var sum = OfContainers(pod, part);
        if (pod.Spec.Resources is { } podLevel)
        {
            foreach (var (name, quantity) in part(podLevel))
            {
                sum[name] = ResourceAmounts.Count(name, quantity);
            }
        }

        if (withOverhead)
        {
            AddTo(sum, pod.Spec.Overhead.ToDictionary(p => p.Key, p => ResourceAmounts.Count(p.Key, p.Value)));
        }

        return sum;
    }

    private static Dictionary<string, long> OfContainers(Pod pod, Func<ResourceRequirements, MapField<string, Quantity>> part)
    {
        Dictionary<string, long> sum = [];
        foreach (var container in pod.Spec.Containers)
        {
            AddTo(sum, Amounts(container));
        }

        // An init container runs beside the sidecars that were started before it.
        Dictionary<string, long> sidecars = [];
        Dictionary<string, long> highest = [];
        foreach (var container in pod.Spec.InitContainers)
        {
            var own = Amounts(container);
            if (container.IsSidecar())
            {
                AddTo(sidecars, own);
                AddTo(sum, own);
                Raise(highest, sidecars);
            }
            else
            {
                AddTo(own, sidecars);
                Raise(highest, own);
            }
        }

        Raise(sum, highest);
        return sum;

        Dictionary<string, long> Amounts(Container container) =>
            container.Resources is null ? [] : part(container.Resources).ToDictionary(p => p.Key, p => ResourceAmounts.Count(p.Key, p.Value));
    }

    private static bool AllHave(Pod pod, string name) =>
        pod.Spec.Resources?.Limits.ContainsKey(name) == true
        || pod.Spec.Containers.Concat(pod.Spec.InitContainers.Where(c => c.IsSidecar())).All(c => c.Resources is { } r && r.Limits.TryGetValue(name, out var q) && !ResourceAmounts.IsZero(q));

    private static void AddTo(Dictionary<string, long> sum, Dictionary<string, long> amounts)
    {
        foreach (var (name, amount) in amounts)
        {
            sum[name] = sum.GetValueOrDefault(name) + amount;
        }
    }

    private static void Raise(Dictionary<string, long> sum, Dictionary<string, long> to)
    {
        foreach (var (name, amount) in to)
        {
            sum[name] = Math.Max(sum.GetValueOrDefault(name), amount);
        }
    }
}
