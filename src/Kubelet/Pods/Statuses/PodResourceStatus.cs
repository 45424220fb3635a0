using Google.Protobuf.Collections;
using NodeAgent.KubeApi.Meta;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Pods.Statuses;

/// <summary>What a pod as a whole was granted and has: <c>status.allocatedResources</c> and <c>status.resources</c>, which older servers drop.</summary>
internal static class PodResourceStatus
{
    /// <param name="actual">What the pod's cgroup was last given of the pod's own resources; null when that is what the spec says.</param>
    public static void Set(PodStatus status, Pod pod, ResourceRequirements? actual)
    {
        foreach (var (name, amount) in PodResourceSums.Requests(pod))
        {
            status.AllocatedResources[name] = Amount(pod, r => r.Requests, name, amount);
        }

        var has = pod;
        if (actual is not null && pod.Spec.Resources is { } own && !own.Equals(actual))
        {
            has = pod.Clone();
            has.Spec.Resources = actual;
        }

        var resources = new ResourceRequirements();
        foreach (var (name, amount) in PodResourceSums.Requests(has))
        {
            resources.Requests[name] = Amount(has, r => r.Requests, name, amount);
        }

        foreach (var (name, amount) in PodResourceSums.Limits(has, onlyEnforced: status.Phase == PodPhases.Running))
        {
            resources.Limits[name] = Amount(has, r => r.Limits, name, amount);
        }

        if (pod.Spec.Resources is { Claims.Count: > 0 } claims)
        {
            resources.Claims.AddRange(claims.Claims);
        }

        if (resources.Requests.Count + resources.Limits.Count + resources.Claims.Count > 0)
        {
            status.Resources = resources;
        }
    }

    /// <summary>As the pod writes it, where one of its own amounts is this one; else in the form that the API server would give it.</summary>
    private static Quantity Amount(Pod pod, Func<ResourceRequirements, MapField<string, Quantity>> part, string name, long amount) =>
        pod.Spec.Containers.Concat(pod.Spec.InitContainers)
            .Select(c => c.Resources)
            .Prepend(pod.Spec.Resources)
            .Select(r => r is not null && part(r).TryGetValue(name, out var own) && ResourceAmounts.Count(name, own) == amount ? own : null)
            .FirstOrDefault(q => q is not null)?.Clone()
        ?? (name == ResourceAmounts.Cpu ? ResourceAmounts.FromMilli(amount) : InLargestUnit(amount));

    private static Quantity InLargestUnit(long amount)
    {
        string[] units = ["", "Ki", "Mi", "Gi", "Ti", "Pi"];
        var unit = 0;
        while (amount != 0 && amount % 1024 == 0 && unit < units.Length - 1)
        {
            amount /= 1024;
            unit++;
        }

        return new Quantity { String = amount.ToString(System.Globalization.CultureInfo.InvariantCulture) + units[unit] };
    }
}
