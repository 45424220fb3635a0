using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Cpus;

/// <summary>Which containers get CPUs for themselves, and how many.</summary>
internal static class CpuRequests
{
    /// <returns>0 for a container that shares: its pod is not guaranteed, or it does not ask for whole CPUs, or the pod has resources of its own.</returns>
    public static int Of(Pod pod, Container container)
    {
        if (PodQos.Of(pod) != PodQos.Guaranteed || HasOwnResources(pod))
        {
            return 0;
        }

        var milli = ResourceAmounts.Milli(container.Resources?.Requests, ResourceAmounts.Cpu);
        return milli % 1000 == 0 ? (int)(milli / 1000) : 0;
    }

    /// <summary>The most that the pod's containers have at one time.</summary>
    public static int Of(Pod pod)
    {
        var (sidecars, highest) = (0, 0);
        foreach (var container in pod.Spec.InitContainers)
        {
            var own = Of(pod, container);
            if (container.IsSidecar())
            {
                sidecars += own;
            }
            else
            {
                highest = Math.Max(highest, sidecars + own);
            }
        }

        return Math.Max(highest, sidecars + pod.Spec.Containers.Sum(c => Of(pod, c)));
    }

    private static bool HasOwnResources(Pod pod) => pod.Spec.Resources is { } own && own.Requests.Count + own.Limits.Count > 0;
}
